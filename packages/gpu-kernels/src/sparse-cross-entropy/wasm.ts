// Softmax cross-entropy on tfjs-backend-wasm (assembly/sparse-cross-entropy.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {floatsAt, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import {reduceLosses, spreadGradient} from './reduce';
import type {Reduction} from './sparse-cross-entropy';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  attrs: {reduction: Reduction};
  backend: WasmBackend;
}

function countOf(labels: TensorInfo): number {
  return labels.shape.reduce((product, size) => product * size, 1);
}

function forward({inputs: {logits, labels}, attrs: {reduction}, backend}: Call<'logits' | 'labels'>): TensorInfo[] {
  const classes = logits.shape.at(-1)!;
  const count = countOf(labels);
  expectIds('sparseCrossEntropy: labels', backend, labels, classes);
  const losses = output(backend, labels.shape);
  const logSumExp = output(backend, labels.shape);
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  wasmKernels(backend).sparseCrossEntropyForward(count, classes, at(logits), at(labels), losses.at, logSumExp.at);
  if (reduction === 'none') return [losses.tensor, logSumExp.tensor];
  const folded = reduceLosses(floatsAt(backend, losses.at, count), reduction);
  backend.disposeData(losses.tensor.dataId);
  return [backend.makeOutput([], 'float32', undefined, folded), logSumExp.tensor];
}

function backward({
  inputs: {logits, labels, logSumExp, gradient},
  attrs: {reduction},
  backend,
}: Call<'logits' | 'labels' | 'logSumExp' | 'gradient'>): TensorInfo {
  const count = countOf(labels);
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const result = output(backend, logits.shape);
  const scales = output(backend, [count]);
  const upstream = floatsAt(backend, at(gradient), reduction === 'none' ? count : 1);
  floatsAt(backend, scales.at, count).set(spreadGradient(upstream, count, reduction));
  wasmKernels(backend).sparseCrossEntropyBackward(
    count,
    logits.shape.at(-1)!,
    at(logits),
    at(labels),
    at(logSumExp),
    scales.at,
    result.at,
  );
  backend.disposeData(scales.tensor.dataId);
  return result.tensor;
}

export const sparseCrossEntropyWasm = [
  {kernelName: 'SparseCrossEntropy', backendName: 'wasm', kernelFunc: forward},
  {kernelName: 'SparseCrossEntropyGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as KernelConfig[];
