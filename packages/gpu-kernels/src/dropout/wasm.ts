// Dropout on tfjs-backend-wasm (assembly/dropout.ts): four hashes at once, no mask in memory.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {keyOf} from '../random/hash';
import type {DropoutOptions} from './dropout';
import {thresholdOf} from './mask';

interface Call {
  inputs: {x: TensorInfo};
  attrs: DropoutOptions;
  backend: WasmBackend;
}

function forward({inputs: {x}, attrs: {rate, seed}, backend}: Call): TensorInfo {
  const count = x.shape.reduce((product, size) => product * size, 1);
  const result = output(backend, x.shape);
  const at = pointer(backend, x);
  wasmKernels(backend).dropout(count, at, keyOf(seed), thresholdOf(rate), 1 / (1 - rate), result.at);
  return result.tensor;
}

export const dropoutWasm = [
  {kernelName: 'Dropout', backendName: 'wasm', kernelFunc: forward},
] as unknown as KernelConfig[];
