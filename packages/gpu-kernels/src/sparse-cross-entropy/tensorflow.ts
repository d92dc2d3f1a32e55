// Softmax cross-entropy on tfjs-node: one op of TensorFlow's gives the loss of each label and the gradient of its logits,
// which is kept in the place of the normaliser that other backends keep. Where no gradient is recorded the losses
// alone are made, which the reference would do faster than that op.
import type {KernelConfig, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {
  int,
  type TensorflowBackend,
  type TensorflowOps,
  type TensorflowTensor,
  withOps,
} from '../backends/tensorflow-op';
import {expectIds} from '../rows/cpu';
import type {Reduction} from './sparse-cross-entropy';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  attrs: {reduction: Reduction; recorded: boolean};
  backend: TensorflowBackend;
}

function countOf(labels: TensorInfo): number {
  return labels.shape.reduce((product, size) => product * size, 1);
}

/** The loss of each label [N] alone: what `log softmax` says of it. */
function lossesOf(ops: TensorflowOps, logits: TensorflowTensor, labels: TensorflowTensor): TensorflowTensor {
  const one = ops.constant('int32', [1]);
  return ops.run('Neg', [ops.run('GatherV2', [ops.run('LogSoftmax', [logits]), labels, one], {batch_dims: int(1)})]);
}

/** The loss, and the gradient [N, V] of each label's loss, or nothing where it is not wanted. */
function forward({inputs: {logits, labels}, attrs, backend}: Call<'logits' | 'labels'>): Tensor[] {
  const {reduction, recorded} = attrs;
  const classes = logits.shape.at(-1)!;
  const count = countOf(labels);
  return withOps(backend, (ops) => {
    expectIds('sparseCrossEntropy: labels', ops.read(labels) as Int32Array, classes);
    const name = 'SparseSoftmaxCrossEntropyWithLogits';
    const inputs = [ops.reshape(logits, [count, classes]), ops.reshape(labels, [count])] as const;
    const [losses, gradient] = recorded
      ? ops.runMany(name, inputs, {}, 2)
      : [lossesOf(ops, ...inputs), ops.constant('float32', [], [0])];
    if (reduction === 'none') return [ops.reshape(losses!, labels.shape), gradient!];
    return [ops.run(reduction === 'sum' ? 'Sum' : 'Mean', [losses!, ops.constant('int32', [0])]), gradient!];
  });
}

function backward({
  inputs: {logits, labels, logSumExp: perLabel, gradient},
  attrs: {reduction},
  backend,
}: Call<'logits' | 'labels' | 'logSumExp' | 'gradient'>): Tensor {
  const count = countOf(labels);
  const [result] = withOps(backend, (ops) => {
    const scale = reduction === 'none' ? ops.reshape(gradient, [count, 1]) : gradient;
    const share = reduction === 'mean' ? ops.run('RealDiv', [scale, ops.constant('float32', [count])]) : scale;
    return [ops.reshape(ops.run('Mul', [perLabel, share]), logits.shape)];
  });
  return result!;
}

export const sparseCrossEntropyTensorflow = [
  {kernelName: 'SparseCrossEntropy', backendName: 'tensorflow', kernelFunc: forward},
  {kernelName: 'SparseCrossEntropyGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as KernelConfig[];
