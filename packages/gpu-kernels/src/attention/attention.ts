import type {NamedTensorMap, Tensor1D, Tensor3D} from '@tensorflow/tfjs-core';
import {tidy} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {type AttendedInputs, type AttentionKind, expectAttended, scaleFor} from './expect-attended';
import {attentionWithGradient} from './gradient';
import {attentionReference} from './reference';

export type {AttentionKind};

export interface AttentionInputs extends AttendedInputs {
  /** `[T, B, D]` float32: what asks, T of them. */
  query: Tensor3D;
}

export interface AttentionResult {
  /** `[T, B, E]`: the mean of the values by their weights. */
  context: Tensor3D;
  /** `[T, B, S]`: what each query takes of each position; 0 from `lengths[b]` on. */
  weights: Tensor3D;
}

/**
 * Attention of T queries to S positions, fused: scores, mask, softmax and context in one kernel.
 *
 *   weights[t, b, s] = softmax over s < lengths[b] of score(query[t, b], keys[s, b])
 *   context[t, b] = Σ weights[t, b, s] values[s, b]
 *
 * The projections of Bahdanau's form (W q, U k) are the caller's, by `linear`: those of the keys are then made once for
 * all queries. Differentiable in `query`, `keys`, `values` and `scoreVector`, by way of the context and the weights.
 * A sequence of length 0 has zeros for weights and context. Lengths beyond S count as S.
 *
 * @returns `{context, weights}`; the caller disposes of both.
 * @throws ShapeError where a shape or dtype does not fit, or `'additive'` comes without a `scoreVector`.
 * @throws RangeError where `kind` is neither of the two.
 * @example const {context} = attention({query: linear({x: state, ...q}), keys, values, lengths, kind: 'additive', scoreVector});
 *
 * Cost: 2·T·B·S·(D + E) flops, and T·B·S·D tanh where additive; keeps the weights for the gradient, no `[T, B, S, D]`
 * (on tensorflow an additive score makes one on the way).
 * Source: Bahdanau et al. 2015 (arXiv 1409.0473); Luong et al. 2015 (arXiv 1508.04025); the scale: Vaswani et al. 2017.
 */
export function attention(given: AttentionInputs): AttentionResult {
  const {query, keys, values, lengths, kind, scoreVector} = given;
  expectShape('attention', 'query', query, {shape: ['T', 'B', 'D'], dtype: 'float32'});
  expectAttended('attention', given, {batchSize: query.shape[1], size: query.shape[2]});

  const inputs = {
    ...{query, keys, values},
    ...(lengths && {lengths}),
    ...(kind === 'additive' && {scoreVector}),
  } as NamedTensorMap & Attended;
  const attributes = {kind, scale: scaleFor(given)};
  registerKernels();
  const run = hasKernel('Attention', {}, inputs) ? attentionWithGradient : attentionReference;
  return tidy(() => ({...run(inputs, attributes)}));
}

/** The tensors that the kernels take. */
export interface Attended {
  query: Tensor3D;
  keys: Tensor3D;
  values: Tensor3D;
  lengths?: Tensor1D;
  scoreVector?: Tensor1D;
}

export interface AttentionAttributes {
  kind: AttentionKind;
  scale: number;
}
