// The LSTM with attention on tfjs-node, composed of TensorFlow's own operations. As lstm/tensorflow.ts; a step's attention
// reads keys and values that were brought into the order [B, S, ...] once, so that each of its products is one BatchMatMul.
// What an additive score bends, [B, S, D], is made anew for the gradient. What concerns keys and values of a dot product,
// and the weights, waits until the loop is over.
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {exchanged, masked, product, within} from '../attention/tensorflow';
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
import {cellGradients, cellStep, exchangeFAndC, type Four} from '../lstm/tensorflow';
import {multiplyTransposed} from '../matrix-product/tensorflow';
import {fromInputs, inputGradients, pack, statesBefore, timesTransposed, unpack, zeros} from '../sequence/tensorflow';
import {type BackwardCall, type ForwardCall, sizesOf} from './shapes';

function joined(ops: TensorflowOps, parts: TensorflowInput[], axis: number): TensorflowTensor {
  return ops.run('ConcatV2', [...parts, ops.constant('int32', [axis])], {N: int(parts.length), T: type('float32')});
}

/** tanh(q + k) [B, S, D], of a query [B, D] and keys [B, S, D]. */
function bend(ops: TensorflowOps, query: TensorflowInput, keys: TensorflowInput): TensorflowTensor {
  const [batch, size] = query.shape as [number, number];
  return ops.run('Tanh', [ops.run('AddV2', [ops.reshape(query, [batch, 1, size]), keys])]);
}

function forward({inputs, attrs: {scale}, backend}: ForwardCall<TensorflowBackend>): Tensor[] {
  const {contextKernel, recurrentKernel, queryKernel, lengths, scoreVector} = inputs;
  const {T, B, D, S, E} = sizesOf(inputs);
  return withOps(backend, (ops) => {
    const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
    const matMul = (a: TensorflowInput, b: TensorflowInput) => ops.run('MatMul', [a, b]);
    const inputAt = unpack(ops, fromInputs(ops, inputs));
    const [keys, values] = [exchanged(ops, inputs.keys), exchanged(ops, inputs.values)];
    const vector = scoreVector && ops.reshape(scoreVector, [D, 1]);
    const factor = ops.constant('float32', [scale]);
    const restrict = lengths && within(ops, ops.reshape(lengths, [B, 1]), S);
    let h: TensorflowInput = inputs.hidden;
    let s: TensorflowInput = inputs.cell;
    let a: TensorflowInput = inputs.context;
    const feeding = joined(ops, [contextKernel, recurrentKernel], 0); // [E + H, 4H]
    const made: Record<'outputs' | 'cells' | 'contexts' | 'weights' | 'gates' | 'queries', TensorflowTensor[]> = {
      ...{outputs: [], cells: [], contexts: [], weights: [], gates: [], queries: []},
    };
    for (let step = 0; step < T; step++) {
      const found = ops.step(() => {
        const fed = matMul(joined(ops, [a, h], 1), feeding);
        const {newGates, newCell, newHidden} = cellStep(ops, add(inputAt[step]!, fed), s);
        const query = queryKernel ? matMul(newHidden, queryKernel) : newHidden;
        const scores = vector
          ? matMul(ops.reshape(bend(ops, query, keys), [B * S, D]), vector)
          : ops.run('Mul', [product(ops, keys, ops.reshape(query, [B, D, 1])), factor]);
        const flat = ops.reshape(scores, [B, S]);
        const probabilities = ops.run('Softmax', [restrict?.(flat, masked) ?? flat]);
        const weights = restrict?.(probabilities, 0) ?? probabilities; // a length of 0 leaves nothing
        const context = ops.reshape(product(ops, ops.reshape(weights, [B, 1, S]), values), [B, E]);
        return {hidden: newHidden, cell: newCell, context, weights, gates: newGates, query};
      });
      [h, s, a] = [found.hidden, found.cell, found.context];
      made.outputs.push(h);
      made.cells.push(s);
      made.contexts.push(a);
      made.weights.push(found.weights);
      made.gates.push(...found.gates);
      if (queryKernel) made.queries.push(found.query);
    }
    const [outputs, contexts, weights, cells] = (['outputs', 'contexts', 'weights', 'cells'] as const).map((name) =>
      pack(ops, made[name]),
    ) as Four;
    const queries = queryKernel ? pack(ops, made.queries) : zeros(ops, [0, B, D]);
    return [outputs, contexts, weights, ...([h, s, a] as TensorflowTensor[]), pack(ops, made.gates), cells, queries];
  });
}

interface ScoreGradients {
  /** `[B, D]` */
  dQuery: TensorflowTensor;
  /** `[B, S, D]` */
  dKeys?: TensorflowTensor;
  /** `[1, D]` */
  dVector?: TensorflowTensor;
}

/** From the gradient [B, S] of v · tanh(q + k), given tanh(q + k) [B, S, D]. */
function additiveGradients(
  ops: TensorflowOps,
  gradient: TensorflowTensor,
  {bent, vector}: {bent: TensorflowTensor; vector: TensorflowTensor},
): ScoreGradients {
  const [batch, positions, size] = bent.shape as [number, number, number];
  const column = ops.reshape(gradient, [batch * positions, 1]);
  const ofBent = ops.run('MatMul', [column, ops.reshape(vector, [1, size])]);
  const dKeys = ops.run('TanhGrad', [bent, ops.reshape(ofBent, bent.shape)]);
  return {
    dQuery: ops.run('Sum', [dKeys, ops.constant('int32', [1])]),
    dKeys,
    dVector: ops.run('MatMul', [column, ops.reshape(bent, [batch * positions, size])], {transpose_a: true}),
  };
}

function backward({inputs, attrs: {scale}, backend}: BackwardCall<TensorflowBackend>): Tensor[] {
  const {contextKernel, recurrentKernel, queryKernel, scoreVector, hidden, context, outputs, contexts} = inputs;
  const {T, B, I, H, D, S, E} = sizesOf(inputs);
  return withOps(backend, (ops) => {
    const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
    const mul = (a: TensorflowInput, b: TensorflowInput) => ops.run('Mul', [a, b]);
    const [keys, values] = [exchanged(ops, inputs.keys), exchanged(ops, inputs.values)];
    const at = (name: 'cells' | 'weights' | 'outputsGradient' | 'contextsGradient' | 'weightsGradient') =>
      unpack(ops, inputs[name]);
    const [gateAt, cellAt, squashedAt] = [
      unpack(ops, inputs.gates),
      at('cells'),
      unpack(ops, ops.run('Tanh', [inputs.cells])),
    ];
    const [dOutputAt, dContextAt, dWeightAt] = [at('outputsGradient'), at('contextsGradient'), at('weightsGradient')];
    const [weightAt, queryAt] = [at('weights'), unpack(ops, queryKernel ? inputs.queries : outputs)];
    const differentiate = cellGradients(ops, [B, H], recurrentKernel);
    const feeding = joined(ops, [contextKernel, recurrentKernel], 0);
    const feedingBackward = timesTransposed(ops, feeding, T);
    const queryBackward = queryKernel && timesTransposed(ops, queryKernel, T);
    /** `size` columns from `from` on. */
    const columns = (matrix: TensorflowTensor, from: number, size: number) =>
      ops.run('Slice', [matrix, ops.constant('int32', [0, from], [2]), ops.constant('int32', [B, size], [2])]);
    const positions = ops.constant('int32', [1]); // the axis
    const factor = ops.constant('float32', [scale]);
    const vector = scoreVector && ops.reshape(scoreVector, [D, 1]);
    let dh: TensorflowInput = inputs.hiddenGradient;
    let ds: TensorflowInput = inputs.cellGradient;
    let da: TensorflowInput = inputs.contextGradient;
    let ofKeys: TensorflowTensor | undefined; // [B, S, D], and [1, D]: additive only
    let ofVector: TensorflowTensor | undefined;
    const sums: TensorflowTensor[] = []; // gradients of the gates before their activations, [B, 4H]
    const ofContexts: TensorflowTensor[] = [];
    const ofScores: TensorflowTensor[] = [];
    const ofQueries: TensorflowTensor[] = [];
    for (let step = T - 1; step >= 0; step--) {
      const found = ops.step(() => {
        const dContext = add(da, dContextAt[step]!);
        const weights = weightAt[step]!;
        const fromContext = ops.reshape(product(ops, values, ops.reshape(dContext, [B, E, 1])), [B, S]);
        const ofWeights = mul(weights, add(fromContext, dWeightAt[step]!));
        const total = ops.run('Sum', [ofWeights, positions], {keep_dims: true}); // [B, 1]
        const unscaled = ops.run('Sub', [ofWeights, mul(weights, total)]); // [B, S]
        const dScores = vector ? unscaled : mul(unscaled, factor);
        const {dQuery, dKeys, dVector}: ScoreGradients = vector
          ? additiveGradients(ops, dScores, {bent: bend(ops, queryAt[step]!, keys), vector})
          : {dQuery: ops.reshape(product(ops, ops.reshape(dScores, [B, 1, S]), keys), [B, D])};
        const [dsBefore, inOtherOrder] = differentiate({
          gates: gateAt.slice(4 * step, 4 * step + 4) as Four,
          ...{cellBefore: cellAt[step - 1] ?? inputs.cell, cell: cellAt[step]!, squashed: squashedAt[step]!},
          ...{cellGradient: ds, hiddenGradient: add(add(dh, dOutputAt[step]!), queryBackward?.(dQuery) ?? dQuery)},
        });
        const dSums = exchangeFAndC(ops, inOtherOrder);
        const fed = feedingBackward(dSums);
        return {
          ...{dh: columns(fed, E, H), ds: dsBefore, da: columns(fed, 0, E), dSums, dContext, dScores, dQuery},
          ofKeys: dKeys && ofKeys ? add(ofKeys, dKeys) : dKeys,
          ofVector: dVector && ofVector ? add(ofVector, dVector) : dVector,
        };
      });
      ({dh, ds, da, ofKeys, ofVector} = found);
      sums[step] = found.dSums;
      ofContexts[step] = found.dContext;
      ofScores[step] = found.dScores;
      ofQueries[step] = found.dQuery;
    }
    const rows = (tensors: TensorflowTensor[], size: number) => ops.reshape(pack(ops, tensors), [T * B, size]);
    const all = rows(sums, 4 * H);
    const byRows = (a: TensorflowInput, b: TensorflowInput) => ops.run('MatMul', [a, b], {transpose_a: true});
    const [kernel, bias] = inputGradients(ops, inputs.x, I, all);
    const ofKernels = [
      kernel,
      byRows(statesBefore(ops, {hidden: context, outputs: contexts}, false), all),
      byRows(statesBefore(ops, {hidden, outputs}, false), all),
      bias,
    ];
    /** Of each position, the rows [B, T, ...] by their shares [B, T, S]. */
    const byPosition = (shares: TensorflowInput, of: TensorflowInput) =>
      exchanged(ops, product(ops, exchanged(ops, shares), exchanged(ops, of), {adj_x: true}));
    return [
      ...ofKernels,
      ofKeys ? exchanged(ops, ofKeys) : byPosition(pack(ops, ofScores), queryKernel ? inputs.queries : outputs),
      byPosition(inputs.weights, pack(ops, ofContexts)),
      ...([dh, ds, da] as TensorflowTensor[]),
      ...(queryKernel ? [byRows(ops.reshape(outputs, [T * B, H]), rows(ofQueries, D))] : []),
      ...(ofVector ? [ops.reshape(ofVector, [D])] : []),
      ...(inputs.x.dtype === 'int32' ? [] : [ops.reshape(multiplyTransposed(ops, all, inputs.kernel), [T, B, I])]),
    ];
  });
}

/** What is empty is the reference's. */
function supports(_: unknown, {x, values}: NamedTensorMap): boolean {
  return x!.size > 0 && values!.size > 0;
}

export const attentionLSTMTensorflow = [
  {kernelName: 'AttentionLSTM', backendName: 'tensorflow', kernelFunc: forward, supports},
  {kernelName: 'AttentionLSTMGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as SelectiveKernel[];
