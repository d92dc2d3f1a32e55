// The loss against shared samples on tfjs-node, out of TensorFlow's products, sums and losses, without an engine tensor for
// each.
import type {KernelConfig, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from '../backends/tensorflow-op';
import {multiplyTransposed} from '../matrix-product/tensorflow';
import {expectIds} from '../rows/cpu';
import type {SampledLossAttributes, SampledLossTensors} from './sampled-loss';

/** A score that counts for nothing. */
const none = -1e30;

function sampledLoss({
  inputs: given,
  attrs,
  backend,
}: {
  inputs: SampledLossTensors<TensorInfo>;
  attrs: SampledLossAttributes;
  backend: TensorflowBackend;
}): Tensor[] {
  const {inputs, table, biases, targets, samples, targetLogCounts, sampleLogCounts} = given;
  const [batch, size] = [inputs.shape[0]!, table.shape[0]!];
  return withOps(backend, (ops) => {
    expectIds('sampledLoss: targets', ops.read(targets) as Int32Array, size);
    expectIds('sampledLoss: samples', ops.read(samples) as Int32Array, size);
    const [first, second] = [ops.constant('int32', [0]), ops.constant('int32', [1])];
    const take = (from: TensorInfo, ids: TensorInfo) => ops.run('GatherV2', [from, ids, first]);
    const offset = (scores: TensorflowTensor, ids: TensorInfo, logCounts: TensorInfo | undefined) => {
      const biased = biases ? ops.run('AddV2', [scores, take(biases, ids)]) : scores;
      return logCounts ? ops.run('Sub', [biased, logCounts]) : biased;
    };
    const joined = (parts: TensorflowInput[], axis: TensorflowInput, dtype: 'int32' | 'float32') =>
      ops.run('ConcatV2', [...parts, axis], {N: int(parts.length), T: type(dtype)});
    const [ofTargets, ofSamples] = [take(table, targets), take(table, samples)];
    const own = offset(ops.run('Sum', [ops.run('Mul', [inputs, ofTargets]), second]), targets, targetLogCounts); // [B]
    const all = offset(multiplyTransposed(ops, inputs, ofSamples), samples, sampleLogCounts); // [B, K]
    const column = (tensor: TensorflowInput) => ops.reshape(tensor, [batch, 1]);
    const others = attrs.removeHits
      ? ops.run('SelectV2', [ops.run('Equal', [column(targets), samples]), ops.constant('float32', [none]), all])
      : all;

    const {loss, dOwn, dOthers} = (attrs.logistic ? logistic : softmax)(ops, {own, others, batch}, attrs);
    const ofInputs = ops.run('AddV2', [
      ops.run('Mul', [column(dOwn), ofTargets]),
      ops.run('MatMul', [dOthers, ofSamples]),
    ]);
    const [ids, places] = ops.runMany('Unique', [joined([samples, targets], first, 'int32')], {}, 2);
    const segments = ops.constant('int32', [ids!.shape[0]!]);
    const summed = (samplesPart: TensorflowTensor, targetsPart: TensorflowTensor) => {
      const parts = joined([samplesPart, targetsPart], first, 'float32');
      return ops.run('UnsortedSegmentSum', [parts, places!, segments]);
    };
    const rows = summed(
      ops.run('MatMul', [dOthers, inputs], {transpose_a: true}),
      ops.run('Mul', [column(dOwn), inputs]),
    );
    const results = [loss, ofInputs, ids!, rows];
    return biases ? [...results, summed(ops.run('Sum', [dOthers, first]), ops.reshape(dOwn, [batch]))] : results;
  });
}

interface Scores {
  /** `[B]` */
  own: TensorflowTensor;
  /** `[B, K]` */
  others: TensorflowTensor;
  batch: number;
}

interface Parts {
  loss: TensorflowTensor;
  dOwn: TensorflowTensor;
  dOthers: TensorflowTensor;
}

function softmax(ops: TensorflowOps, {own, others, batch}: Scores, {scale}: SampledLossAttributes): Parts {
  const axis = ops.constant('int32', [1]);
  const scores = ops.run('ConcatV2', [ops.reshape(own, [batch, 1]), others, axis], {N: int(2), T: type('float32')});
  const labels = ops.constant('int32', new Array<number>(batch).fill(0), [batch]);
  const [losses, gradient] = ops.runMany('SparseSoftmaxCrossEntropyWithLogits', [scores, labels], {}, 2);
  const scaled = ops.run('Mul', [gradient!, ops.constant('float32', [scale])]);
  const part = (begin: number[], size: number[]) =>
    ops.run('Slice', [scaled, ops.constant('int32', begin, [2]), ops.constant('int32', size, [2])]);
  return {loss: total(ops, losses!, scale), dOwn: part([0, 0], [-1, 1]), dOthers: part([0, 1], [-1, -1])};
}

function logistic(ops: TensorflowOps, {own, others}: Scores, {weight, scale}: SampledLossAttributes): Parts {
  const negative = ops.run('Neg', [own]);
  const [right, wrong] = [ops.run('Softplus', [negative]), ops.run('Softplus', [others])].map((losses, index) =>
    total(ops, losses, index === 0 ? scale : weight * scale),
  ) as [TensorflowTensor, TensorflowTensor];
  const times = (tensor: TensorflowInput, factor: number) =>
    ops.run('Mul', [tensor, ops.constant('float32', [factor])]);
  return {
    loss: ops.run('AddV2', [right, wrong]),
    dOwn: times(ops.run('Sigmoid', [negative]), -scale),
    dOthers: times(ops.run('Sigmoid', [others]), weight * scale),
  };
}

/** The sum of all values, scaled. */
function total(ops: TensorflowOps, values: TensorflowTensor, scale: number): TensorflowTensor {
  const axes = values.shape.map((_, axis) => axis);
  const sum = ops.run('Sum', [values, ops.constant('int32', axes, [axes.length])]);
  return ops.run('Mul', [sum, ops.constant('float32', [scale])]);
}

export const sampledLossTensorflow = [
  {kernelName: 'SampledLoss', backendName: 'tensorflow', kernelFunc: sampledLoss},
] as unknown as KernelConfig[];
