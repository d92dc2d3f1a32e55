// tfjs has float32 alone, but its cpu backend computes in JavaScript's numbers and rounds only where it stores them. With
// wider arrays in their place before it is loaded, the references run in float64, where differences of values are exact
// enough to show an error of 1e-9 in a gradient.
import type {GradSaveFunc, Scalar, Tensor} from '@tensorflow/tfjs-core';
import {describe, expect, test} from 'vitest';
import type {LSTMArguments} from './lstm/reference';

Object.assign(globalThis, {Float32Array: Float64Array});
const tf = await import('@tensorflow/tfjs-core');
await import('@tensorflow/tfjs-backend-cpu');
// In Node tfjs asks an array for its name, which is another now.
tf.env().platform.isTypedArray = (array): array is Float32Array => ArrayBuffer.isView(array);
const {checkGradient, seededIds, seededValues} = await import('@gatefold/test-kit');
await tf.setBackend('cpu'); // the test kit brings others
const {attentionReference} = await import('./attention/reference');
const {attentionLSTMReference} = await import('./attention-lstm/reference');
const {dropoutReference} = await import('./dropout/reference');
const {embeddingLookupReference} = await import('./embedding/reference');
const {scatterRows} = await import('./embedding/scatter-rows');
const {gruReference} = await import('./gru/reference');
const {linearReference} = await import('./linear/reference');
const {lstmReference} = await import('./lstm/reference');
const {normalizedLSTMReference} = await import('./normalized-lstm/reference');
const {projectedLSTMReference} = await import('./projected-lstm/reference');
const {sampledLossReference} = await import('./sampled-loss/reference');
const {sampledLogitsReference} = await import('./sampled-softmax/reference');
const {sparseCrossEntropyReference} = await import('./sparse-cross-entropy/reference');

type Results = Record<string, Tensor>;

interface Reference {
  /** Of the inputs that the gradient is of, by name. */
  shapes: Record<string, number[]>;
  // biome-ignore lint/suspicious/noExplicitAny: each reference has types of its own for its inputs
  results(inputs: any): Results;
}

const [T, B, I, H, S, E] = [3, 2, 3, 4, 3, 2];
const ids = (count: number, size: number) => tf.tensor1d(seededIds(count, size, 1), 'int32');
const lengths = (...values: number[]) => tf.tensor1d(values, 'int32');
const backward = () => ({
  x: tf.reshape(ids(T * B, I), [T, B]),
  direction: 'backward' as const,
  lengths: lengths(3, 1),
  candidateMask: tf.tensor(
    Array.from(seededIds(T * B * H, 2, 9), (kept) => 2 * kept),
    [T, B, H],
  ),
});

const gatesOf = (gates: number) => ({kernel: [I, gates * H], recurrentKernel: [H, gates * H], bias: [gates * H]});
const ofGRU = {...gatesOf(3), hidden: [B, H]};
const ofLSTM = {...gatesOf(4), hidden: [B, H], cell: [B, H]};
const ofAttention = {keys: [S, B, 4], values: [S, B, E]};

const references: Record<string, Reference> = {
  lstm: {
    shapes: {x: [T, B, I], ...ofLSTM},
    results: (inputs) => lstm({...inputs, forgetBias: 1}),
  },
  'lstm, of ids, backward, masked': {
    shapes: ofLSTM,
    results: (inputs) => lstm({...inputs, ...backward()}),
  },
  gru: {
    shapes: {x: [T, B, I], ...ofGRU},
    results: (inputs) => ({...gruReference(inputs)}),
  },
  'gru, of ids, backward, masked': {
    shapes: ofGRU,
    results: (inputs) => ({...gruReference({...inputs, ...backward()})}),
  },
  projectedLSTM: {
    shapes: {x: [T, B, I], ...ofLSTM, recurrentKernel: [2, 4 * H], projection: [H, 2]},
    results(inputs) {
      const {outputs, finalState} = projectedLSTMReference(inputs);
      return {outputs, ...finalState};
    },
  },
  normalizedLSTM: {
    shapes: {x: [T, B, I], ...ofLSTM, inputScale: [4 * H], recurrentScale: [4 * H], cellScale: [H], cellShift: [H]},
    results(inputs) {
      const {outputs, finalState} = normalizedLSTMReference(inputs);
      return {outputs, ...finalState};
    },
  },
  'attention, dot': {
    shapes: {query: [T, B, 4], ...ofAttention},
    results: (inputs) => ({...attentionReference({...inputs, lengths: lengths(3, 2)}, {kind: 'dot', scale: 0.5})}),
  },
  'attention, additive': {
    shapes: {query: [T, B, 4], ...ofAttention, scoreVector: [4]},
    results: (inputs) => ({...attentionReference(inputs, {kind: 'additive', scale: 1})}),
  },
  attentionLSTM: {
    shapes: {
      x: [T, B, I],
      ...ofLSTM,
      ...ofAttention,
      contextKernel: [E, 4 * H],
      context: [B, E],
      queryKernel: [H, 4],
      scoreVector: [4],
    },
    results(inputs) {
      const attributes = {kind: 'additive', scale: 1, forgetBias: 1} as const;
      const {finalState, ...results} = attentionLSTMReference({...inputs, lengths: lengths(3, 2)}, attributes);
      return {...results, ...finalState};
    },
  },
  linear: {
    shapes: {x: [T, B, I], kernel: [I, H], bias: [H]},
    results: (inputs) => ({y: linearReference(inputs)}),
  },
  embeddingLookup: {
    shapes: {table: [5, 3]},
    results: ({table}) => ({rows: embeddingLookupReference(table, ids(8, 5))}),
  },
  dropout: {
    shapes: {x: [T, B, I]},
    results: ({x}) => ({y: dropoutReference({x, rate: 0.4, seed: 3})}),
  },
  sparseCrossEntropy: {
    shapes: {logits: [4, 5]},
    results: ({logits}) => ({losses: sparseCrossEntropyReference({logits, labels: ids(4, 5), reduction: 'none'})}),
  },
  sampledLogits: {
    shapes: {inputs: [B, H], targets: [B, H], samples: [S, H]},
    results: (inputs) => ({logits: sampledLogitsReference(inputs)}),
  },
  'sampledLoss, softmax': {shapes: {inputs: [B, H], table: [6, H], biases: [6]}, results: sampledLoss(false)},
  'sampledLoss, logistic': {shapes: {inputs: [B, H], table: [6, H], biases: [6]}, results: sampledLoss(true)},
};

function lstm(inputs: LSTMArguments): Results {
  const {outputs, finalState} = lstmReference(inputs);
  return {outputs, ...finalState};
}

/** It gives its gradients itself; here tfjs is handed them. */
function sampledLoss(logistic: boolean): Reference['results'] {
  return (given: Results) => {
    const tensors = {targets: ids(B, 6), samples: tf.tensor1d([1, 4, 1], 'int32')};
    const attributes = {logistic, removeHits: true, weight: 0.5, scale: 0.5};
    const loss = tf.customGrad((...moved) => {
      const [inputs, table, biases] = moved as Tensor[] as [Tensor, Tensor, Tensor];
      const save = moved.at(-1) as unknown as GradSaveFunc; // tfjs gives it last, and types all as tensors
      const {loss, gradients} = sampledLossReference({inputs, table, biases, ...tensors}, attributes);
      const rows = [scatterRows(gradients.table, table.shape), scatterRows(gradients.biases!, biases.shape)];
      save([gradients.inputs, ...rows]);
      return {value: loss, gradFunc: (dLoss, saved) => saved.map((gradient) => tf.mul(dLoss, gradient))};
    });
    return {loss: loss(given.inputs!, given.table!, given.biases!)};
  };
}

/** A scalar that every result has a part in. */
function weighted(results: Results): Scalar {
  const parts = Object.values(results).map((part, index) =>
    tf.sum(tf.mul(part, tf.tensor(seededValues(part.size, 77 + index), part.shape))),
  );
  return tf.addN(parts) as Scalar;
}

describe('in float64 the reference of', () => {
  test.each(Object.entries(references))('%s has gradients within 1e-9 of differences', async (_, reference) => {
    const names = Object.keys(reference.shapes);
    const at = Object.values(reference.shapes).map((shape, index) => ({
      shape,
      values: seededValues(tf.util.sizeFromShape(shape), index + 1),
    }));
    expect(at[0]!.values).toBeInstanceOf(Float64Array);
    const f = (...moved: Tensor[]) =>
      tf.tidy(() => weighted(reference.results(Object.fromEntries(names.map((name, index) => [name, moved[index]])))));
    await checkGradient(f, at, {distance: 1e-4, relative: 1e-9});
  });
});
