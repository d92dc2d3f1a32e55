// Attention on tfjs-node: contractions by TensorFlow's Einsum, which reads time-major tensors as they are, with the
// softmax and its gradient between them. What additive attention bends, [T, S, B, D], is made anew for the gradient.
import type {NamedTensorMap, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from '../backends/tensorflow-op';
import {type AttentionCall, sizesOf} from './shapes';

/** Far below any score, and finite: a row of nothing else has a softmax. */
export const masked = -1e30;

function einsum(ops: TensorflowOps, equation: string, one: TensorflowInput, other: TensorflowInput): TensorflowTensor {
  return ops.run('Einsum', [one, other], {equation, N: int(2), T: type('float32')});
}

/** tanh(q + k) [T, S, B, D]. */
function bend(ops: TensorflowOps, query: TensorInfo, keys: TensorInfo): TensorflowTensor {
  const [steps, batch, size] = query.shape as [number, number, number];
  return ops.run('Tanh', [ops.run('AddV2', [ops.reshape(query, [steps, 1, batch, size]), keys])]);
}

function sumOver(ops: TensorflowOps, axis: number, values: TensorflowTensor): TensorflowTensor {
  return ops.run('Sum', [values, ops.constant('int32', [axis])]);
}

function lastSwapped(ops: TensorflowOps, values: TensorflowTensor): TensorflowTensor {
  return ops.run('Transpose', [values, ops.constant('int32', [0, 2, 1], [3])]);
}

/** The part [B, S] of the positions that a sequence has; of weights [T, B, S], the others become `otherwise`. */
export function within(
  ops: TensorflowOps,
  lengths: TensorInfo,
  positions: number,
): (values: TensorflowTensor, otherwise: number) => TensorflowTensor {
  const range = ops.run(
    'Range',
    [0, positions, 1].map((value) => ops.constant('int32', [value])),
  );
  const inside = ops.run('Less', [range, ops.reshape(lengths, [lengths.shape[0]!, 1])]); // [B, S]
  return (values, otherwise) => ops.run('SelectV2', [inside, values, ops.constant('float32', [otherwise])]);
}

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<TensorflowBackend>): Tensor[] {
  const {query, keys, values, lengths, scoreVector} = inputs;
  return withOps(backend, (ops) => {
    const scores =
      kind === 'dot'
        ? ops.run('Mul', [einsum(ops, 'tbd,sbd->tbs', query, keys), ops.constant('float32', [scale])])
        : lastSwapped(ops, sumOver(ops, 3, ops.run('Mul', [bend(ops, query, keys), scoreVector!]))); // [T, B, S]
    const restrict = lengths && within(ops, lengths, keys.shape[0]!);
    const probabilities = ops.run('Softmax', [restrict?.(scores, masked) ?? scores]);
    const weights = restrict?.(probabilities, 0) ?? probabilities; // a length of 0 leaves nothing
    return [einsum(ops, 'tbs,sbe->tbe', weights, values), weights];
  });
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<TensorflowBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): Tensor[] {
  const {query, keys, values, scoreVector, weights, contextGradient, weightsGradient} = inputs;
  const {T, B, S} = sizesOf(inputs);
  return withOps(backend, (ops) => {
    const slopes = ops.run('AddV2', [einsum(ops, 'tbe,sbe->tbs', contextGradient, values), weightsGradient]);
    const ofWeights = ops.run('Mul', [weights, slopes]);
    const means = ops.run('Sum', [ofWeights, ops.constant('int32', [2])], {keep_dims: true}); // [T, B, 1]
    const ofScores = ops.run('Sub', [ofWeights, ops.run('Mul', [weights, means])]); // [T, B, S]
    const ofValues = einsum(ops, 'tbs,tbe->sbe', weights, contextGradient);
    if (kind === 'dot') {
      const scaled = ops.run('Mul', [ofScores, ops.constant('float32', [scale])]);
      return [einsum(ops, 'tbs,sbd->tbd', scaled, keys), einsum(ops, 'tbs,tbd->sbd', scaled, query), ofValues];
    }
    const bent = bend(ops, query, keys); // [T, S, B, D]
    const swapped = lastSwapped(ops, ofScores); // [T, S, B]
    const ofBent = ops.run('Mul', [ops.reshape(swapped, [T, S, B, 1]), scoreVector!]);
    const ofSums = ops.run('TanhGrad', [bent, ofBent]);
    return [
      sumOver(ops, 1, ofSums), // [T, B, D]
      sumOver(ops, 0, ofSums), // [S, B, D]
      ofValues,
      einsum(ops, 'tsbd,tsb->d', bent, swapped),
    ];
  });
}

/** What is empty is the reference's. */
function supports(_: unknown, {query, values}: NamedTensorMap): boolean {
  return query!.size > 0 && values!.size > 0;
}

export const attentionTensorflow = [
  {kernelName: 'Attention', backendName: 'tensorflow', kernelFunc: forward, supports},
  {kernelName: 'AttentionGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as SelectiveKernel[];
