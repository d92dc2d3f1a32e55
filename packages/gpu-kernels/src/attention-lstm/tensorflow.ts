// The LSTM with attention on tfjs-node, composed of TensorFlow's own operations. As lstm/tensorflow.ts; a step's attention
// reads keys and values that were brought into the order [B, S, ...] once, so that each of its products is one BatchMatMul.
// What an additive score bends, [B, S, D], is made anew for the gradient. What concerns keys and values of a dot product,
// and the weights, waits until the loop is over.
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {exchanged, masked, product, within} from '../attention/tensorflow';
import type {SelectiveKernel} from '../backends/has-kernel';
import {withGraph} from '../backends/tensorflow-graph';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
} from '../backends/tensorflow-op';
import {cellGradients, cellStep, exchangeFAndC, type Four} from '../lstm/tensorflow';
import {multiplyTransposed} from '../matrix-product/tensorflow';
import {
  expectInputIds,
  fromInputs,
  gateSums,
  inputGradients,
  joinRows,
  pack,
  packParts,
  rowsInParts,
  statesBefore,
  sum,
  timesTransposed,
  unpackParts,
  zeros,
} from '../sequence/tensorflow';
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
  const {T, B, D, S} = sizesOf(inputs);
  expectInputIds(backend, 'attentionLSTM', inputs);
  return withGraph(backend, {name: `attention lstm ${scale}`, inputs, rows: B}, (ops, parts) => {
    const matMul = (a: TensorflowInput, b: TensorflowInput) => ops.run('MatMul', [a, b]);
    const inParts = (tensor: TensorflowInput) => rowsInParts(ops, tensor, parts);
    const [keys, values] = [inputs.keys, inputs.values].map((memory) => inParts(exchanged(ops, memory)));
    const vector = scoreVector && ops.reshape(scoreVector, [D, 1]);
    const factor = ops.constant('float32', [scale]);
    const restrict = lengths && inParts(ops.reshape(lengths, [B, 1])).map((rows) => within(ops, rows, S));
    const [h, s, a] = [inputs.hidden, inputs.cell, inputs.context].map(inParts) as [State, State, State];
    const feeding = joined(ops, [contextKernel, recurrentKernel], 0); // [E + H, 4H]
    const sumsAt = gateSums(ops, {inputs: fromInputs(ops, inputs), weights: feeding, parts});
    const made: Record<'outputs' | 'cells' | 'contexts' | 'weights' | 'gates' | 'queries', TensorflowTensor[]> = {
      ...{outputs: [], cells: [], contexts: [], weights: [], gates: [], queries: []},
    };
    for (let step = 0; step < T; step++) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const found = ops.step(() => {
          const fed = joined(ops, [a[part]!, h[part]!], 1);
          const {newGates, newCell, newHidden} = cellStep(ops, sumsAt(at, fed), s[part]!);
          const query = queryKernel ? matMul(newHidden, queryKernel) : newHidden;
          const rows = B / parts;
          const scores = vector
            ? matMul(ops.reshape(bend(ops, query, keys![part]!), [rows * S, D]), vector)
            : ops.run('Mul', [product(ops, keys![part]!, ops.reshape(query, [rows, D, 1])), factor]);
          const flat = ops.reshape(scores, [rows, S]);
          const only = restrict?.[part];
          const probabilities = ops.run('Softmax', [only?.(flat, masked) ?? flat]);
          const weights = only?.(probabilities, 0) ?? probabilities; // a length of 0 leaves nothing
          const ofPositions = ops.reshape(weights, [rows, 1, S]);
          const context = ops.reshape(product(ops, ofPositions, values![part]!), [rows, -1]);
          return {hidden: newHidden, cell: newCell, context, weights, gates: newGates, query};
        });
        made.outputs[at] = h[part] = found.hidden;
        made.cells[at] = s[part] = found.cell;
        made.contexts[at] = a[part] = found.context;
        made.weights[at] = found.weights;
        found.gates.forEach((gate, index) => {
          made.gates[(4 * step + index) * parts + part] = gate;
        });
        if (queryKernel) made.queries[at] = found.query;
      }
    }
    const whole = (name: keyof typeof made) => packParts(ops, made[name], parts);
    return [
      ...(['outputs', 'contexts', 'weights'] as const).map(whole),
      ...[h, s, a].map((state) => joinRows(ops, state)),
      ...(['gates', 'cells'] as const).map(whole),
      queryKernel ? whole('queries') : zeros(ops, [0, B, D]),
    ];
  });
}

/** What a step hands to the next, by parts of the batch. */
type State = TensorflowTensor[];

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
  return withGraph(backend, {name: `attention lstm gradient ${scale}`, inputs, rows: B}, (ops, parts) => {
    const rowsOfPart = B / parts;
    const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
    const mul = (a: TensorflowInput, b: TensorflowInput) => ops.run('Mul', [a, b]);
    const inParts = (tensor: TensorflowInput) => rowsInParts(ops, tensor, parts);
    const [keys, values] = [inputs.keys, inputs.values].map((memory) => inParts(exchanged(ops, memory)));
    const at = (tensor: TensorflowInput) => unpackParts(ops, tensor, parts);
    const [gateAt, cellAt, squashedAt] = [at(inputs.gates), at(inputs.cells), at(ops.run('Tanh', [inputs.cells]))];
    const [dOutputAt, dContextAt, dWeightAt] = [
      at(inputs.outputsGradient),
      at(inputs.contextsGradient),
      at(inputs.weightsGradient),
    ];
    const [weightAt, queryAt] = [at(inputs.weights), at(queryKernel ? inputs.queries : outputs)];
    const differentiate = cellGradients(ops, [rowsOfPart, H], recurrentKernel);
    const [toContext, toHidden, toOutput] = [contextKernel, recurrentKernel, queryKernel].map(
      (weights) => weights && timesTransposed(ops, weights, {steps: T, rows: B, parts}),
    );
    const positions = ops.constant('int32', [1]); // the axis
    const factor = ops.constant('float32', [scale]);
    const vector = scoreVector && ops.reshape(scoreVector, [D, 1]);
    const firstCell = inParts(inputs.cell);
    const [dh, ds, da] = [inputs.hiddenGradient, inputs.cellGradient, inputs.contextGradient].map(inParts) as [
      State,
      State,
      State,
    ];
    // Of each part [B / parts, S, D], and [1, D]: additive only. Below zero, because of a chain of additions a graph would make
    // one that waits for all steps.
    const none = ops.constant('float32', [0]);
    const [lessKeys, lessVector]: [State, State] = [new Array(parts).fill(none), new Array(parts).fill(none)];
    const sums: TensorflowTensor[] = []; // gradients of the gates before their activations, [B / parts, 4H]
    const ofContexts: TensorflowTensor[] = [];
    const ofScores: TensorflowTensor[] = [];
    const ofQueries: TensorflowTensor[] = [];
    for (let step = T - 1; step >= 0; step--) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const found = ops.step(() => {
          const dContext = add(da[part]!, dContextAt[at]!);
          const weights = weightAt[at]!;
          const column = ops.reshape(dContext, [rowsOfPart, E, 1]);
          const fromContext = ops.reshape(product(ops, values![part]!, column), [rowsOfPart, S]);
          const ofWeights = mul(weights, add(fromContext, dWeightAt[at]!));
          const total = ops.run('Sum', [ofWeights, positions], {keep_dims: true}); // [B / parts, 1]
          const unscaled = ops.run('Sub', [ofWeights, mul(weights, total)]); // [B / parts, S]
          const dScores = vector ? unscaled : mul(unscaled, factor);
          const row = () => ops.reshape(dScores, [rowsOfPart, 1, S]);
          const {dQuery, dKeys, dVector}: ScoreGradients = vector
            ? additiveGradients(ops, dScores, {bent: bend(ops, queryAt[at]!, keys![part]!), vector})
            : {dQuery: ops.reshape(product(ops, row(), keys![part]!), [rowsOfPart, D])};
          const [dsBefore, inOtherOrder] = differentiate({
            gates: [0, 1, 2, 3].map((gate) => gateAt[(4 * step + gate) * parts + part]) as Four,
            cellBefore: cellAt[at - parts] ?? firstCell[part]!,
            ...{cell: cellAt[at]!, squashed: squashedAt[at]!, cellGradient: ds[part]!},
            hiddenGradient: sum(ops, [dh[part]!, dOutputAt[at]!, toOutput?.(dQuery) ?? dQuery]),
          });
          const dSums = exchangeFAndC(ops, inOtherOrder);
          return {
            ...{dh: toHidden!(dSums), ds: dsBefore, da: toContext!(dSums), dSums, dContext, dScores, dQuery},
            lessKeys: dKeys && ops.run('Sub', [lessKeys[part]!, dKeys]),
            lessVector: dVector && ops.run('Sub', [lessVector[part]!, dVector]),
          };
        });
        dh[part] = found.dh;
        ds[part] = found.ds;
        da[part] = found.da;
        if (found.lessKeys) lessKeys[part] = found.lessKeys;
        if (found.lessVector) lessVector[part] = found.lessVector;
        sums[at] = found.dSums;
        ofContexts[at] = found.dContext;
        ofScores[at] = found.dScores;
        ofQueries[at] = found.dQuery;
      }
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
    const queries = queryKernel ? inputs.queries : outputs;
    return [
      ...ofKernels,
      vector
        ? exchanged(ops, ops.run('Neg', [joinRows(ops, lessKeys)]))
        : byPosition(packParts(ops, ofScores, parts), queries),
      byPosition(inputs.weights, packParts(ops, ofContexts, parts)),
      ...[dh, ds, da].map((gradient) => joinRows(ops, gradient)),
      ...(queryKernel ? [byRows(ops.reshape(outputs, [T * B, H]), rows(ofQueries, D))] : []),
      ...(vector ? [ops.reshape(ops.run('Neg', [sum(ops, lessVector)]), [D])] : []),
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
