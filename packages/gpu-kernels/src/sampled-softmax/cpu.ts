// The scores of a sampled softmax in plain JavaScript: a product for the samples, a sum for each target.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, output} from '../backends/cpu-memory';
import {addProduct, rowMajor, transposed} from '../matrix-product/cpu';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: CPUBackend;
}

function forward({inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>): TensorInfo {
  const [batch, width] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  const [x, own] = [floats(backend, inputs), floats(backend, targets)];
  const scores = new Float32Array(batch * count);
  addProduct(batch, count, width, rowMajor(x, width), transposed(floats(backend, samples), width), scores);
  const logits = new Float32Array(batch * (1 + count));
  for (let row = 0; row < batch; row++) {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += x[at]! * own[at]!;
    logits[row * (1 + count)] = sum;
    logits.set(scores.subarray(row * count, (row + 1) * count), row * (1 + count) + 1);
  }
  return output(backend, [batch, 1 + count], logits);
}

function backward({
  inputs: {inputs, targets, samples, gradient},
  backend,
}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): TensorInfo[] {
  const [batch, width] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  const [x, own, upstream] = [floats(backend, inputs), floats(backend, targets), floats(backend, gradient)];
  const [dx, dOwn, dSamples] = [x, own, floats(backend, samples)].map(({length}) => new Float32Array(length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let row = 0; row < batch; row++) {
    const scale = upstream[row * (1 + count)]!;
    for (let at = row * width; at < (row + 1) * width; at++) {
      dx[at] = scale * own[at]!;
      dOwn[at] = scale * x[at]!;
    }
  }
  // The gradient of the scores with the samples, [B, K], lies behind the first column.
  const stride = 1 + count;
  const ofScores = {values: upstream, offset: 1, rowStride: stride, columnStride: 1};
  const ofScoresTransposed = {values: upstream, offset: 1, rowStride: 1, columnStride: stride};
  addProduct(batch, width, count, ofScores, rowMajor(floats(backend, samples), width), dx);
  addProduct(count, width, batch, ofScoresTransposed, rowMajor(x, width), dSamples);
  return [
    output(backend, inputs.shape, dx),
    output(backend, targets.shape, dOwn),
    output(backend, samples.shape, dSamples),
  ];
}

export const sampledLogitsCPU = [
  {kernelName: 'SampledLogits', backendName: 'cpu', kernelFunc: forward},
  {kernelName: 'SampledLogitsGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as KernelConfig[];
