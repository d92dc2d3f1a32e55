import type {TensorInfo} from '@tensorflow/tfjs-core';
import {pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {IdRangeError} from '../errors/id-range-error';

/** Throws an IdRangeError at the first id that is not in [0, size), nor, where `lowest` is -1, that. */
export function expectIds(what: string, backend: WasmBackend, ids: TensorInfo, size: number, lowest = 0): void {
  const count = ids.shape.reduce((product, length) => product * length, 1);
  const at = pointer(backend, ids);
  const position = wasmKernels(backend).firstIdOutside(count, at, lowest, size);
  if (position < 0) return;
  const id = new Int32Array(backend.wasm.HEAPU8.buffer, at, count)[position]!;
  throw new IdRangeError(what, id, position, size);
}
