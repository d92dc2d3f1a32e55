// Draws from softmax(logits / temperature) on tfjs-backend-wasm (assembly/sample-categorical.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {keyOf} from '../random/hash';
import {notComparable} from '../top-k/top-k';
import type {SampleAttributes} from './sample-categorical';

interface Call {
  inputs: {logits: TensorInfo};
  attrs: SampleAttributes;
  backend: WasmBackend;
}

function forward({inputs: {logits}, attrs: {seed, temperature, topK, topP}, backend}: Call): TensorInfo {
  const [batch, classes] = logits.shape as [number, number];
  const ids = output(backend, [batch], 'int32');
  const bad = wasmKernels(backend).sampleCategorical(
    ...([batch, classes, pointer(backend, logits), keyOf(seed), temperature, topK, topP, ids.at] as const),
  );
  if (bad < 0) return ids.tensor;
  backend.disposeData(ids.tensor.dataId);
  throw notComparable('sampleCategorical', bad);
}

export const sampleCategoricalWasm = [
  {kernelName: 'SampleCategorical', backendName: 'wasm', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
