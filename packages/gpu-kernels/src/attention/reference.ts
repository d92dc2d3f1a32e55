import {
  add,
  broadcastTo,
  expandDims,
  fill,
  less,
  matMul,
  mul,
  range,
  reshape,
  softmax,
  sum,
  type Tensor,
  type Tensor3D,
  tanh,
  transpose,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type {Attended, AttentionAttributes, AttentionResult} from './attention';

/** Far below any score, and finite: a row of nothing else has a softmax. */
const masked = -1e30;

/** The readable truth of `attention`, in plain tfjs operations. */
export function attentionReference(
  {query, keys, values, lengths, scoreVector}: Attended,
  {kind, scale}: AttentionAttributes,
): AttentionResult {
  const batchFirst = (tensor: Tensor) => transpose(tensor, [1, 0, 2]) as Tensor3D;
  const [queries, positions] = [batchFirst(query), batchFirst(keys)]; // [B, T, D], [B, S, D]
  const scores =
    kind === 'dot'
      ? mul(matMul(queries, positions, false, true), scale)
      : sum(mul(tanh(add(expandDims(queries, 2), expandDims(positions, 1))), scoreVector!), 3); // [B, T, S]

  const weights = lengths ? softmaxUpTo(lengths, scores) : softmax(scores);
  return {context: batchFirst(matMul(weights, batchFirst(values))), weights: batchFirst(weights)};
}

function softmaxUpTo(lengths: Tensor, scores: Tensor): Tensor {
  const [batch, , positions] = scores.shape as [number, number, number];
  const inside = less(range(0, positions, 1, 'int32'), reshape(lengths, [batch, 1, 1])); // [B, 1, S]
  const everywhere = broadcastTo(inside, scores.shape);
  const probabilities = softmax(where(everywhere, scores, fill(scores.shape, masked)));
  return where(everywhere, probabilities, zerosLike(scores)); // a length of 0 leaves nothing
}
