// Attention on tfjs-node. Everything is brought into the order [B, ...] once, so that each product is one BatchMatMul, and
// the softmax and its gradient stand between them. What additive attention bends, [B, T, S, D], is made anew for the gradient.
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  withOps,
} from '../backends/tensorflow-op';
import {type AttentionCall, sizesOf} from './shapes';

/** Far below any score, and finite: a row of nothing else has a softmax. */
export const masked = -1e30;

/** The first two of three axes exchanged. */
export function exchanged(ops: TensorflowOps, tensor: TensorflowInput): TensorflowTensor {
  return ops.run('Transpose', [tensor, ops.constant('int32', [1, 0, 2], [3])]);
}

/** A product for every element of the batch. */
export function product(
  ops: TensorflowOps,
  a: TensorflowInput,
  b: TensorflowInput,
  options: {adj_x?: boolean; adj_y?: boolean} = {},
): TensorflowTensor {
  return ops.run('BatchMatMulV2', [a, b], options);
}

/** tanh(q + k) [B, T, S, D]. */
function bend(ops: TensorflowOps, query: TensorflowTensor, keys: TensorflowTensor): TensorflowTensor {
  const [batch, steps, size] = query.shape as [number, number, number];
  const [queries, positions] = [ops.reshape(query, [batch, steps, 1, size]), ops.reshape(keys, [batch, 1, -1, size])];
  return ops.run('Tanh', [ops.run('AddV2', [queries, positions])]);
}

function sumOver(ops: TensorflowOps, axis: number, values: TensorflowTensor): TensorflowTensor {
  return ops.run('Sum', [values, ops.constant('int32', [axis])]);
}

/**
 * The part of `positions` that each sequence has, of lengths of the shape [B, 1] or [B, 1, 1]; of weights of as many axes,
 * the others become `otherwise`.
 */
export function within(
  ops: TensorflowOps,
  lengths: TensorflowTensor,
  positions: number,
): (values: TensorflowTensor, otherwise: number) => TensorflowTensor {
  const range = ops.run(
    'Range',
    [0, positions, 1].map((value) => ops.constant('int32', [value])),
  );
  const inside = ops.run('Less', [range, lengths]);
  return (values, otherwise) => ops.run('SelectV2', [inside, values, ops.constant('float32', [otherwise])]);
}

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<TensorflowBackend>): Tensor[] {
  const {lengths, scoreVector} = inputs;
  const {T, B, S, D} = sizesOf(inputs);
  return withOps(backend, (ops) => {
    const [query, keys, values] = [inputs.query, inputs.keys, inputs.values].map((tensor) =>
      exchanged(ops, tensor),
    ) as [TensorflowTensor, TensorflowTensor, TensorflowTensor];
    const ofBent = () => [ops.reshape(bend(ops, query, keys), [B * T * S, D]), ops.reshape(scoreVector!, [D, 1])];
    const scores =
      kind === 'dot'
        ? ops.run('Mul', [product(ops, query, keys, {adj_y: true}), ops.constant('float32', [scale])])
        : ops.reshape(ops.run('MatMul', ofBent()), [B, T, S]);
    const restrict = lengths && within(ops, ops.reshape(lengths, [B, 1, 1]), S);
    const probabilities = ops.run('Softmax', [restrict?.(scores, masked) ?? scores]);
    const weights = restrict?.(probabilities, 0) ?? probabilities; // a length of 0 leaves nothing
    return [exchanged(ops, product(ops, weights, values)), exchanged(ops, weights)];
  });
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<TensorflowBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): Tensor[] {
  const {scoreVector} = inputs;
  const {T, B, S, D} = sizesOf(inputs);
  return withOps(backend, (ops) => {
    const of = (name: 'query' | 'keys' | 'values' | 'weights' | 'contextGradient' | 'weightsGradient') =>
      exchanged(ops, inputs[name]);
    const [query, keys, weights, contextGradient] = [of('query'), of('keys'), of('weights'), of('contextGradient')];
    const fromContext = product(ops, contextGradient, of('values'), {adj_y: true}); // [B, T, S]
    const ofWeights = ops.run('Mul', [weights, ops.run('AddV2', [fromContext, of('weightsGradient')])]);
    const means = ops.run('Sum', [ofWeights, ops.constant('int32', [2])], {keep_dims: true}); // [B, T, 1]
    const ofScores = ops.run('Sub', [ofWeights, ops.run('Mul', [weights, means])]);
    const ofValues = product(ops, weights, contextGradient, {adj_x: true});
    if (kind === 'dot') {
      const scaled = ops.run('Mul', [ofScores, ops.constant('float32', [scale])]);
      const [ofQuery, ofKeys] = [product(ops, scaled, keys), product(ops, scaled, query, {adj_x: true})];
      return [ofQuery, ofKeys, ofValues].map((gradient) => exchanged(ops, gradient));
    }
    const bent = bend(ops, query, keys); // [B, T, S, D]
    const ofSums = ops.run('TanhGrad', [bent, ops.run('Mul', [ops.reshape(ofScores, [B, T, S, 1]), scoreVector!])]);
    const flat = [ops.reshape(bent, [B * T * S, D]), ops.reshape(ofScores, [B * T * S, 1])];
    return [
      ...[sumOver(ops, 2, ofSums), sumOver(ops, 1, ofSums), ofValues].map((gradient) => exchanged(ops, gradient)),
      ops.reshape(ops.run('MatMul', flat, {transpose_a: true}), [D]),
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
