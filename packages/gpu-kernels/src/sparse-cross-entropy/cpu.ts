// Softmax cross-entropy in plain JavaScript.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import {expectIds} from '../rows/cpu';
import {reduceLosses, spreadGradient} from './reduce';
import type {Reduction} from './sparse-cross-entropy';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  attrs: {reduction: Reduction};
  backend: CPUBackend;
}

function forward({inputs: {logits, labels}, attrs: {reduction}, backend}: Call<'logits' | 'labels'>): TensorInfo[] {
  const classes = logits.shape.at(-1)!;
  const values = floats(backend, logits);
  const ids = integers(backend, labels);
  expectIds('sparseCrossEntropy: labels', ids, classes);
  const losses = new Float32Array(ids.length);
  const logSumExp = new Float32Array(ids.length);
  for (let row = 0; row < ids.length; row++) {
    const start = row * classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + classes; at++) largest = Math.max(largest, values[at]!);
    let sum = 0;
    for (let at = start; at < start + classes; at++) sum += Math.exp(values[at]! - largest);
    logSumExp[row] = largest + Math.log(sum);
    losses[row] = logSumExp[row]! - values[start + ids[row]!]!;
  }
  return [
    output(backend, reduction === 'none' ? labels.shape : [], reduceLosses(losses, reduction)),
    output(backend, labels.shape, logSumExp),
  ];
}

function backward({
  inputs: {logits, labels, logSumExp, gradient},
  attrs: {reduction},
  backend,
}: Call<'logits' | 'labels' | 'logSumExp' | 'gradient'>): TensorInfo {
  const classes = logits.shape.at(-1)!;
  const values = floats(backend, logits);
  const ids = integers(backend, labels);
  const normalisers = floats(backend, logSumExp);
  const scales = spreadGradient(floats(backend, gradient), ids.length, reduction);
  const result = new Float32Array(values.length);
  for (let row = 0; row < ids.length; row++) {
    const start = row * classes;
    for (let at = start; at < start + classes; at++)
      result[at] = Math.exp(values[at]! - normalisers[row]!) * scales[row]!;
    result[start + ids[row]!]! -= scales[row]!;
  }
  return output(backend, logits.shape, result);
}

export const sparseCrossEntropyCPU = [
  {kernelName: 'SparseCrossEntropy', backendName: 'cpu', kernelFunc: forward},
  {kernelName: 'SparseCrossEntropyGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as KernelConfig[];
