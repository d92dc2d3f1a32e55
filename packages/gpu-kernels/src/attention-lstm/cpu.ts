// The LSTM with attention in plain JavaScript: as lstm/cpu.ts, with the product of the context before, that which makes the
// queries, and the attention at every step.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {attend, attendBackward, attended, noGradients} from '../attention/cpu';
import {type CPUBackend, floats, output} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {activate, differentiate} from '../lstm/cpu';
import {addPackedProduct, addProduct, packMatrix, rowMajor, transposed} from '../matrix-product/cpu';
import {addColumnSums} from '../rows/cpu';
import {fromInputs, inputGradients, perStep, statesBefore} from '../sequence/cpu';
import {type BackwardCall, differentiable, type ForwardCall, sizesOf} from './shapes';

function forward({inputs, attrs, backend}: ForwardCall<CPUBackend>): TensorInfo[] {
  const {T, B, H, D, S, E} = sizesOf(inputs);
  const {queryKernel} = inputs;
  const values = (name: keyof typeof inputs) => floats(backend, inputs[name]!);
  const width = 4 * H;
  const gates = fromInputs(backend, 'attentionLSTM', inputs);
  const states = (size: number) => new Float32Array(T * B * size);
  const [outputs, cells, contexts, weights, queries] = [
    ...[states(H), states(H), states(E), states(S), states(queryKernel ? D : 0)],
  ] as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];

  /** Adds products with weights [depth, columns]. A single step, as when text is decoded, does not repay the packing. */
  const times = (weights: Float32Array, depth: number, columns: number) => {
    const matrix = rowMajor(weights, columns);
    const packed = T > 1 ? packMatrix(depth, columns, matrix) : undefined;
    return (states: Float32Array, target: Float32Array) => {
      if (packed) addPackedProduct(B, rowMajor(states, depth), packed, target);
      else addProduct(B, columns, depth, rowMajor(states, depth), matrix, target);
    };
  };
  const addRecurrent = times(values('recurrentKernel'), H, width);
  const addContext = times(values('contextKernel'), E, width);
  const addQuery = queryKernel && times(values('queryKernel'), H, D);
  const memory = attended(inputs, attrs, backend);
  const [gatesAt, outputsAt, cellsAt] = [perStep(gates, T), perStep(outputs, T), perStep(cells, T)];
  const [contextsAt, weightsAt, queriesAt] = [perStep(contexts, T), perStep(weights, T), perStep(queries, T)];
  let [hidden, cell, context] = [values('hidden'), values('cell'), values('context')];
  for (let step = 0; step < T; step++) {
    addContext(context, gatesAt[step]!);
    addRecurrent(hidden, gatesAt[step]!);
    activate(B, H, gatesAt[step]!, cell, cellsAt[step]!, outputsAt[step]!, undefined);
    [hidden, cell, context] = [outputsAt[step]!, cellsAt[step]!, contextsAt[step]!];
    addQuery?.(hidden, queriesAt[step]!);
    attend(memory, addQuery ? queriesAt[step]! : hidden, context, weightsAt[step]!);
  }
  return [
    output(backend, [T, B, H], outputs),
    output(backend, [T, B, E], contexts),
    output(backend, [T, B, S], weights),
    output(backend, [B, H], hidden.slice()),
    output(backend, [B, H], cell.slice()),
    output(backend, [B, E], context.slice()),
    output(backend, [T, B, width], gates),
    output(backend, [T, B, H], cells),
    output(backend, [queryKernel ? T : 0, B, D], queries),
  ];
}

function backward({inputs, attrs, backend}: BackwardCall<CPUBackend>): TensorInfo[] {
  const {T, B, H, D, E} = sizesOf(inputs);
  const {queryKernel} = inputs;
  const values = (name: keyof typeof inputs) => floats(backend, inputs[name]!);
  const [width, rows] = [4 * H, T * B];
  const dGates = new Float32Array(rows * width);
  const dQueries = new Float32Array(rows * D);
  const [dHidden, dCell] = [values('hiddenGradient').slice(), values('cellGradient').slice()];
  let dContext = values('contextGradient').slice();
  const recurrent = packMatrix(width, H, transposed(values('recurrentKernel'), width));
  const ofContext = packMatrix(width, E, transposed(values('contextKernel'), width));
  const ofQuery = queryKernel && packMatrix(D, H, transposed(values('queryKernel'), D));
  const memory = attended(inputs, attrs, backend);
  const attendedGradients = noGradients(memory);
  const at = (name: keyof typeof inputs) => perStep(values(name), T);
  const [gatesAt, cellsAt, weightsAt, queriesAt] = [
    ...[at('gates'), at('cells'), at('weights'), at(queryKernel ? 'queries' : 'outputs')],
  ] as [Float32Array[], Float32Array[], Float32Array[], Float32Array[]];
  const [dOutputsAt, dContextsAt, dWeightsAt] = [at('outputsGradient'), at('contextsGradient'), at('weightsGradient')];
  const [dGatesAt, dQueriesAt] = [perStep(dGates, T), perStep(dQueries, T)];
  for (let step = T - 1; step >= 0; step--) {
    const dQuery = dQueriesAt[step]!;
    addColumnSums(1, dContextsAt[step]!, dContext);
    attendBackward(
      ...([memory, queriesAt[step]!, weightsAt[step]!, dContext, dWeightsAt[step]!, dQuery] as const),
      attendedGradients,
    );
    if (ofQuery) addPackedProduct(B, rowMajor(dQuery, D), ofQuery, dHidden);
    else addColumnSums(1, dQuery, dHidden);
    const cellBefore = cellsAt[step - 1] ?? values('cell');
    differentiate(
      ...([B, H, gatesAt[step]!, cellBefore, cellsAt[step]!, dOutputsAt[step]!, dHidden, dCell] as const),
      ...([dGatesAt[step]!, undefined, step, undefined] as const),
    );
    dContext = new Float32Array(B * E);
    addPackedProduct(B, rowMajor(dGatesAt[step]!, width), recurrent, dHidden);
    addPackedProduct(B, rowMajor(dGatesAt[step]!, width), ofContext, dContext);
  }

  const gradients = {
    ...{keys: attendedGradients.keys, values: attendedGradients.values, scoreVector: attendedGradients.vector},
    ...{hidden: dHidden, cell: dCell, context: dContext},
    ...inputGradients(backend, inputs, dGates),
    ...{contextKernel: new Float32Array(E * width), recurrentKernel: new Float32Array(H * width)},
    queryKernel: new Float32Array(queryKernel ? H * D : 0),
  };
  const all = rowMajor(dGates, width);
  const contextsBefore = statesBefore(T, values('context'), values('contexts'), false);
  addProduct(E, width, rows, transposed(contextsBefore, E), all, gradients.contextKernel);
  const hiddenBefore = statesBefore(T, values('hidden'), values('outputs'), false);
  addProduct(H, width, rows, transposed(hiddenBefore, H), all, gradients.recurrentKernel);
  if (queryKernel) {
    const perQuery = rowMajor(dQueries, D);
    addProduct(H, D, rows, transposed(values('outputs'), H), perQuery, gradients.queryKernel);
  }
  return differentiable(inputs).map((name) => output(backend, inputs[name]!.shape, gradients[name]!));
}

const supports = () => true;

export const attentionLSTMCPU = [
  {kernelName: 'AttentionLSTM', backendName: 'cpu', kernelFunc: forward, supports},
  {kernelName: 'AttentionLSTMGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
