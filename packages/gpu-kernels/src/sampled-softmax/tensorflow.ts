// The scores of a sampled softmax on tfjs-node, out of TensorFlow's products and sums, without an engine tensor for each.
import type {KernelConfig, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {int, type TensorflowBackend, type, withOps} from '../backends/tensorflow-op';
import {multiplyTransposed} from '../matrix-product/tensorflow';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: TensorflowBackend;
}

function forward({inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>): Tensor {
  const [logits] = withOps(backend, (ops) => {
    const axis = ops.constant('int32', [1]);
    const own = ops.run('Sum', [ops.run('Mul', [inputs, targets]), axis], {keep_dims: true}); // [B, 1]
    const shared = multiplyTransposed(ops, inputs, samples); // [B, K]
    return [ops.run('ConcatV2', [own, shared, axis], {N: int(2), T: type('float32')})];
  });
  return logits!;
}

function backward({
  inputs: {inputs, targets, samples, gradient},
  backend,
}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): Tensor[] {
  return withOps(backend, (ops) => {
    const pair = (values: number[]) => ops.constant('int32', values, [2]);
    const own = ops.run('Slice', [gradient, pair([0, 0]), pair([-1, 1])]); // [B, 1]
    const shared = ops.run('Slice', [gradient, pair([0, 1]), pair([-1, -1])]); // [B, K]
    const ofSamples = ops.run('MatMul', [shared, samples]); // [B, D]
    return [
      ops.run('AddV2', [ops.run('Mul', [own, targets]), ofSamples]),
      ops.run('Mul', [own, inputs]),
      ops.run('MatMul', [shared, inputs], {transpose_a: true}), // [K, D]
    ];
  });
}

export const sampledLogitsTensorflow = [
  {kernelName: 'SampledLogits', backendName: 'tensorflow', kernelFunc: forward},
  {kernelName: 'SampledLogitsGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as KernelConfig[];
