import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import {type WasmKernels, wasmBinary} from './wasm-binary.generated';

/** The members of tfjs-backend-wasm that our kernels use. */
export interface WasmBackend extends KernelBackend {
  wasm: {
    HEAPU8: Uint8Array;
    /** The unthreaded build's raw exports. */
    asm?: {memory: WebAssembly.Memory};
    /** The threaded build's memory. */
    wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    tfjs: {disposeData(id: number): void; registerTensor(id: number, size: number, pointer: number): void};
  };
  dataIdMap: {get(dataId: object): {id: number; memoryOffset: number}};
  makeOutput(shape: number[], dtype: DataType, pointer?: number, values?: Float32Array): TensorInfo;
}

type Pointer = number;

const attached = new WeakMap<WasmBackend, {kernels: WasmKernels; module: WebAssembly.Module}>();

/** The memory that holds the backend's tensors. */
export function memoryOf({wasm}: WasmBackend): WebAssembly.Memory {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory || memory.buffer !== wasm.HEAPU8.buffer) {
    throw new Error('The memory of tfjs-backend-wasm was not found; this package works with its version 4.22.');
  }
  return memory;
}

function imports(backend: WasmBackend): WebAssembly.Imports {
  const free = (at: number) => backend.wasm._free(at);
  return {env: {memory: memoryOf(backend), malloc: (bytes: number) => allocate(backend, bytes), free}};
}

/** The address of new memory, to be freed or given to a tensor. Throws a RangeError where none is left. */
export function allocate({wasm}: WasmBackend, bytes: number): Pointer {
  const pointer = wasm._malloc(bytes) >>> 0;
  if (pointer === 0)
    throw new RangeError(`tfjs-backend-wasm has no ${bytes} bytes left: use smaller batches or layers.`);
  return pointer;
}

function binary(backend: WasmBackend): Uint8Array<ArrayBuffer> {
  const {buffer} = memoryOf(backend);
  return wasmBinary(typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer);
}

/** Instantiates our kernels on the backend's memory without blocking; browsers limit the blocking way. */
export async function attachWasmKernels(backend: WasmBackend): Promise<void> {
  if (attached.has(backend)) return;
  const {instance, module} = await WebAssembly.instantiate(binary(backend), imports(backend));
  attached.set(backend, {kernels: instance.exports as unknown as WasmKernels, module});
}

function attachedTo(backend: WasmBackend) {
  let program = attached.get(backend);
  if (!program) {
    const module = new WebAssembly.Module(binary(backend));
    const {exports} = new WebAssembly.Instance(module, imports(backend));
    program = {kernels: exports as unknown as WasmKernels, module};
    attached.set(backend, program);
  }
  return program;
}

/** Our kernels on the backend's memory; instantiated on the spot for those who did not call `useBackend`. */
export function wasmKernels(backend: WasmBackend): WasmKernels {
  return attachedTo(backend).kernels;
}

/** What `wasmKernels` is an instance of, for threads to make theirs. */
export function wasmModule(backend: WasmBackend): WebAssembly.Module {
  return attachedTo(backend).module;
}

/** The byte address of a tensor's values. */
export function pointer(backend: WasmBackend, tensor: TensorInfo): Pointer {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new tensor of 4-byte values, not yet set, and their address. */
export function output(
  backend: WasmBackend,
  shape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): {tensor: TensorInfo; at: Pointer} {
  const bytes = 4 * shape.reduce((product, size) => product * size, 1);
  const at = allocate(backend, bytes);
  return {tensor: backend.makeOutput(shape, dtype, at), at};
}

/** The `count` float32 values at an address, as a view that holds until the memory next grows. */
export function floatsAt({wasm}: WasmBackend, at: Pointer, count: number): Float32Array {
  return new Float32Array(wasm.HEAPU8.buffer, at, count);
}

/** Copies values from one address to another. */
export function copyFloats({wasm}: WasmBackend, count: number, from: Pointer, to: Pointer): void {
  wasm.HEAPU8.copyWithin(to, from, from + 4 * count);
}

/** XNNPACK keeps packed copies of weights by tensor; after an update in place they must be made anew. */
export function forgetPackedWeights(backend: WasmBackend, tensor: TensorInfo, size: number): void {
  const {id, memoryOffset} = backend.dataIdMap.get(tensor.dataId);
  backend.wasm.tfjs.disposeData(id);
  backend.wasm.tfjs.registerTensor(id, size, memoryOffset);
}
