/**
 * What `build-wasm.mjs` writes into a package as `wasm-binary.generated.ts`, with the compiled program in base64, with and
 * without fused multiply-add, in place of the empty strings, and what it exports in place of the empty type.
 */
export const simdBinary = '';
export const relaxedSIMDBinary = '';

/** Pointers are byte addresses in the imported memory, 0 for "none". */
export type WasmKernels = object;

/** The import of a memory that is not shared, and of one that is: one bit of the program (docs/decisions/0005). */
const [alone, shared] = ['memory\u0002\u0001', 'memory\u0002\u0003'] as const;

function bytes(base64: string, forSharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const program = atob(base64);
  const fitting = forSharedMemory ? program.replace(alone, shared) : program;
  return Uint8Array.from(fitting, (character) => character.charCodeAt(0));
}

/**
 * The program for this engine, with fused multiply-add where it has relaxed SIMD: products then run up to 1.4 times as
 * fast. V8 has it by default since version 11.4; Node 20 is one version older and has it behind a flag, which is safe to
 * set at any time because it only admits more instructions (docs/decisions/0003).
 */
export function wasmBinary(forSharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const relaxed = bytes(relaxedSIMDBinary, forSharedMemory);
  if (!WebAssembly.validate(relaxed)) {
    globalThis.process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return WebAssembly.validate(relaxed) ? relaxed : bytes(simdBinary, forSharedMemory);
}
