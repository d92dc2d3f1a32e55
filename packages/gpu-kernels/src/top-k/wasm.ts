// The k largest of each row on tfjs-backend-wasm (assembly/top-k.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {notComparable} from './top-k';

interface Call {
  inputs: {logits: TensorInfo; scores?: TensorInfo};
  attrs: {k: number; logProbabilities: boolean};
  backend: WasmBackend;
}

function forward({inputs: {logits, scores}, attrs: {k, logProbabilities}, backend}: Call): TensorInfo[] {
  const [batch, classes] = logits.shape as [number, number];
  const values = output(backend, [batch, k]);
  const ids = output(backend, [batch, k], 'int32');
  const bad = wasmKernels(backend).topK(
    ...([batch, classes, k, pointer(backend, logits)] as const),
    ...([logProbabilities, scores ? pointer(backend, scores) : 0, values.at, ids.at] as const),
  );
  if (bad < 0) return [values.tensor, ids.tensor];
  for (const {tensor} of [values, ids]) backend.disposeData(tensor.dataId);
  throw notComparable('topK', bad);
}

export const topKWasm = [
  {kernelName: 'TopKDecoding', backendName: 'wasm', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
