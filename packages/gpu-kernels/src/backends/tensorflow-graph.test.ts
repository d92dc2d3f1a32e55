import fs from 'node:fs';
import os from 'node:os';
import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {attentionLSTM} from '../attention-lstm/attention-lstm';
import {gru} from '../gru/gru';
import {lstm} from '../lstm/lstm';
import {recordAfter, withGraph} from './tensorflow-graph';
import type {TensorflowBackend} from './tensorflow-op';
import {useBackend} from './use-backend';

type Values = Record<string, tf.Tensor>;

interface Case {
  what: string;
  /** By name; what is called `x` or `lengths` may be whole numbers below the last. */
  inputs: Record<string, number[] | {shape: number[]; below: number}>;
  run(values: never): tf.Tensor[];
}

const [T, B, I, H] = [3, 32, 5, 8];
const weights = (gates: number, inputSize = I, hiddenSize = H) => ({
  kernel: [inputSize, gates * hiddenSize],
  recurrentKernel: [hiddenSize, gates * hiddenSize],
  bias: [gates * hiddenSize],
});
const states = (batch = B, hiddenSize = H) => ({hidden: [batch, hiddenSize], cell: [batch, hiddenSize]});

type LSTM = Parameters<typeof lstm>[0] & {hidden: tf.Tensor2D; cell: tf.Tensor2D};
const ofLSTM = (options: Partial<LSTM>) => (given: LSTM) => {
  const {hidden, cell, ...inputs} = given;
  const {outputs, finalState} = lstm({...inputs, ...options, initialState: {hidden, cell}});
  return [outputs, finalState.hidden, finalState.cell];
};

type GRU = Parameters<typeof gru>[0] & {hidden: tf.Tensor2D};
const ofGRU = (options: Partial<GRU>) => (given: GRU) => {
  const {hidden, ...inputs} = given;
  const {outputs, finalState} = gru({...inputs, ...options, initialState: hidden});
  return [outputs, finalState];
};

type Attending = Parameters<typeof attentionLSTM>[0] & {hidden: tf.Tensor2D; cell: tf.Tensor2D; context: tf.Tensor2D};
const ofAttention = (kind: 'additive' | 'dot') => (given: Attending) => {
  const {hidden, cell, context, ...inputs} = given;
  const {outputs, contexts, weights, finalState} = attentionLSTM({
    ...{...inputs, kind},
    initialState: {hidden, cell, context},
  });
  return [outputs, contexts, weights, finalState.hidden, finalState.cell, finalState.context];
};

const [S, D, E] = [6, 4, 7];
const attending = {
  ...weights(4),
  ...states(),
  ...{contextKernel: [E, 4 * H], keys: [S, B, D], values: [S, B, E], context: [B, E], queryKernel: [H, D]},
};

const cases: Case[] = [
  {
    what: 'lstm, large enough not to be BlockLSTMV2',
    inputs: {x: [T, B, 110], ...weights(4, 110, 72), ...states(B, 72)},
    run: ofLSTM({}),
  },
  {
    what: 'lstm, ids, backwards, rows that cannot be halved',
    inputs: {x: {shape: [T, 33], below: I}, ...weights(4), ...states(33)},
    run: ofLSTM({direction: 'backward'}),
  },
  {
    what: 'lstm, lengths and a mask',
    inputs: {
      ...{x: [T, B, I], lengths: {shape: [B], below: T}, candidateMask: [T, B, H]},
      ...{...weights(4), ...states()},
    },
    run: ofLSTM({}),
  },
  {
    what: 'lstm, lengths, backwards',
    inputs: {x: [T, B, I], lengths: {shape: [B], below: T + 1}, ...weights(4), ...states()},
    run: ofLSTM({direction: 'backward'}),
  },
  {what: 'gru by GRUBlockCell', inputs: {x: [T, B, I], ...weights(3), hidden: [B, H]}, run: ofGRU({})},
  {
    what: 'gru composed, lengths and a mask, backwards',
    inputs: {
      ...{x: [T, B, I], lengths: {shape: [B], below: T}, candidateMask: [T, B, H]},
      ...{...weights(3), hidden: [B, H]},
    },
    run: ofGRU({direction: 'backward'}),
  },
  {
    what: 'additive attention, lengths',
    inputs: {x: [T, B, I], ...attending, scoreVector: [D], lengths: {shape: [B], below: S + 1}},
    run: ofAttention('additive'),
  },
  {
    what: 'dot attention, ids',
    inputs: {x: {shape: [T, B], below: I}, ...attending},
    run: ofAttention('dot'),
  },
];

function tensorsOf({inputs}: Case, seed: number): Values {
  const made = Object.entries(inputs).map(([name, given], index) => {
    const {shape, below} = Array.isArray(given) ? {shape: given, below: 0} : given;
    const size = shape.reduce((product, length) => product * length, 1);
    const values = below ? seededIds(size, below, seed) : seededValues(size, seed + index, 0.5);
    return [name, tf.tensor(values, shape, below ? 'int32' : 'float32')];
  });
  return Object.fromEntries(made);
}

/** Results and gradients. */
async function everything(given: Case, seed: number): Promise<Float32Array[]> {
  const found = tf.tidy(() => {
    const tensors = tensorsOf(given, seed);
    const names = Object.keys(tensors).filter((name) => tensors[name]!.dtype === 'float32' && name !== 'candidateMask');
    const slopes = tf.grads((...moved: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, index) => [name, moved[index]!]));
      const sums = given
        .run({...tensors, ...named} as never)
        .map((result, index) => tf.sum(tf.mul(result, tf.tensor(seededValues(result.size, index + 77), result.shape))));
      return tf.addN(sums) as tf.Scalar;
    })(names.map((name) => tensors[name]!));
    return [...given.run(tensors as never), ...slopes];
  });
  const read = await Promise.all(found.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  tf.dispose(found);
  return read;
}

describe.runIf(backendsUnderTest.includes('tensorflow'))('kernels as graphs', () => {
  type Binding = TensorflowBackend['binding'] & {getNumOfSavedModels(): number};
  const backend = () => tf.engine().backend as TensorflowBackend;
  const graphs = () => (backend().binding as Binding).getNumOfSavedModels();

  beforeAll(async () => {
    await useBackend('tensorflow');
  });
  afterEach(() => {
    recordAfter(8);
    vi.restoreAllMocks();
  });

  test.each(cases)('$what: the same numbers, as it is recorded and afterwards', async (given) => {
    recordAfter(Number.POSITIVE_INFINITY);
    const expected = [await everything(given, 1), await everything(given, 2)];
    recordAfter(0);
    const before = graphs();
    const recorded = await everything(given, 1);
    expect(graphs()).toBe(before + 2); // forward and backward; results are asked for twice
    const run = await everything(given, 2);
    expect(graphs()).toBe(before + 2);
    for (const [at, found] of [recorded, run].entries()) {
      expect(found).toHaveLength(expected[at]!.length);
      for (const [index, values] of found.entries()) {
        expectClose(values, expected[at]![index]!, {relative: 1e-6, absolute: 1e-6});
      }
    }
    await expectNoLeak(async () => void (await everything(given, 3)));
  });

  const double = (x: tf.Tensor, y = x) =>
    withGraph(backend(), {name: 'double', inputs: {x, y}, rows: 1}, (ops) => [ops.run('AddV2', [x, y])])[0]!;

  test('one tensor as two inputs has a graph of its own', () => {
    recordAfter(0);
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
    const of = (x: tf.Tensor, y: tf.Tensor) => [...double(x, y).dataSync()];
    expect([of(a, a), of(b, b)]).toEqual([
      [2, 4],
      [20, 40],
    ]);
    expect([of(a, b), of(b, a), of(b, b)]).toEqual([
      [11, 22],
      [11, 22],
      [20, 40],
    ]);
  });

  test('is recorded once it has been called so often', () => {
    recordAfter(3);
    const before = graphs();
    const made = Array.from({length: 6}, () => {
      double(tf.ones([5, 7]));
      return graphs() - before;
    });
    expect(made).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('leaves no file behind, and where none can be written runs op by op', () => {
    recordAfter(0);
    const folders = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('gatefold-'));
    const left = folders();
    double(tf.ones([2, 9]));
    expect(folders()).toEqual(left);
    const before = graphs();
    const refused = vi.spyOn(os, 'tmpdir').mockReturnValue('/no/such/folder');
    for (let call = 0; call < 3; call++) expect([...double(tf.ones([1, 2])).dataSync()]).toEqual([2, 2]);
    expect(refused).toHaveBeenCalledTimes(1);
    expect(graphs()).toBe(before);
  });

  test('values cannot be read while it is recorded', () => {
    recordAfter(0);
    const x = tf.ones([3, 11]);
    const reading = () =>
      withGraph(backend(), {name: 'reading', inputs: {x}, rows: 1}, (ops) => [
        ops.constant('float32', [ops.read(x)[0]!]),
      ]);
    expect(reading).toThrow('no values to read');
  });

  test('of many shapes only the last used are remembered', () => {
    recordAfter(0);
    const before = graphs();
    for (let size = 1; size <= 100; size++) double(tf.ones([size, 3]));
    expect(graphs()).toBeLessThanOrEqual(64);
    expect(graphs()).toBeGreaterThan(before);
    expect([...double(tf.ones([1, 3])).dataSync()]).toEqual([2, 2, 2]);
  });
});
