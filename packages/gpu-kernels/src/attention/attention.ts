import type {NamedTensorMap, Tensor1D, Tensor3D} from '@tensorflow/tfjs-core';
import {tidy} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {attentionWithGradient} from './gradient';
import {attentionReference} from './reference';

export type AttentionKind = 'dot' | 'additive';

export interface AttentionInputs {
  /** `[T, B, D]` float32: what asks, T of them. */
  query: Tensor3D;
  /** `[S, B, D]` float32: what each position is found by. */
  keys: Tensor3D;
  /** `[S, B, E]` float32: what each position gives; often the keys themselves. */
  values: Tensor3D;
  /** `[B]` int32: how many of the S positions a sequence has; all where absent. */
  lengths?: Tensor1D;
  /** `'dot'`: `scale · q·k`. `'additive'`: `v · tanh(q + k)`. */
  kind: AttentionKind;
  /** `[D]` float32, the v of `'additive'`. */
  scoreVector?: Tensor1D;
  /** The factor of `'dot'`, by default `1 / √D`, which keeps the softmax soft as D grows; 1 is Luong's own. */
  scale?: number;
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
  const operation = 'attention';
  if (kind !== 'dot' && kind !== 'additive') {
    throw new RangeError(`attention: kind is ${JSON.stringify(kind)}, expected 'dot' or 'additive'.`);
  }
  expectShape(operation, 'query', query, {shape: ['T', 'B', 'D'], dtype: 'float32'});
  const [, batch, size] = query.shape;
  expectShape(operation, 'keys', keys, {shape: ['S', batch, size], dtype: 'float32'});
  expectShape(operation, 'values', values, {shape: [keys.shape[0], batch, 'E'], dtype: 'float32'});
  if (lengths) expectShape(operation, 'lengths', lengths, {shape: [batch], dtype: 'int32'});
  if (kind === 'additive') expectShape(operation, 'scoreVector', scoreVector!, {shape: [size], dtype: 'float32'});

  const inputs = {
    ...{query, keys, values},
    ...(lengths && {lengths}),
    ...(kind === 'additive' && {scoreVector}),
  } as NamedTensorMap & Attended;
  const attributes = {kind, scale: given.scale ?? 1 / Math.sqrt(Math.max(1, size))};
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
