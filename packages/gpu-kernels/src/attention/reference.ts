import {
  add,
  broadcastTo,
  customGrad,
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
  zeros,
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
  const [steps, batch] = query.shape;
  const [positions, , width] = values.shape;
  if (steps * batch * positions === 0) {
    const inputs = [query, keys, values, ...(scoreVector ? [scoreVector] : [])];
    const [context, weights] = [
      [steps, batch, width],
      [steps, batch, positions],
    ].map((shape) => nothing(shape, inputs));
    return {context: context!, weights: weights!};
  }
  const batchFirst = (tensor: Tensor) => transpose(tensor, [1, 0, 2]) as Tensor3D;
  const [queries, found] = [batchFirst(query), batchFirst(keys)]; // [B, T, D], [B, S, D]
  const scores =
    kind === 'dot'
      ? mul(matMul(queries, found, false, true), scale)
      : sum(mul(tanh(add(expandDims(queries, 2), expandDims(found, 1))), scoreVector!), 3); // [B, T, S]

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

/** Zeros that hang on the inputs by a gradient of zeros: not every backend of tfjs multiplies what is empty. */
function nothing(shape: number[], inputs: Tensor[]): Tensor3D {
  const make = customGrad(() => ({
    value: zeros(shape),
    gradFunc: () => inputs.map((input) => zeros(input.shape)),
  }));
  return make(...inputs) as Tensor3D;
}
