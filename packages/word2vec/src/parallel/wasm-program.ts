import {relaxedSIMDBinary, simdBinary} from './wasm-binary.generated';

/** What assembly/index.ts exports. */
export interface Kernel {
  trainNextChunk(plan: number, workspace: number): number;
}

/** The import of a memory that is not shared, and of one that is: one bit of the program (docs/decisions/0005). */
const [alone, shared] = ['memory\u0002\u0001', 'memory\u0002\u0003'] as const;

function bytes(base64: string, forSharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const program = atob(base64);
  const fitting = forSharedMemory ? program.replace(alone, shared) : program;
  return Uint8Array.from(fitting, (character) => character.charCodeAt(0));
}

/**
 * The kernel, with fused multiply-add where the engine has relaxed SIMD: a twentieth faster. Node 20 has it behind a flag,
 * which is safe to set at any time because it only admits more instructions (docs/decisions/0003).
 */
export function compileKernel(forSharedMemory: boolean): Promise<WebAssembly.Module> {
  const relaxed = bytes(relaxedSIMDBinary, forSharedMemory);
  if (!WebAssembly.validate(relaxed)) {
    globalThis.process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return WebAssembly.compile(WebAssembly.validate(relaxed) ? relaxed : bytes(simdBinary, forSharedMemory));
}
