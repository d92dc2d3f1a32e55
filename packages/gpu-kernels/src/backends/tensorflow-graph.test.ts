import fs from 'node:fs';
import os from 'node:os';
import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import type {NamedAttrMap, NamedTensorInfoMap} from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {attentionLSTM} from '../attention-lstm/attention-lstm';
import {gru} from '../gru/gru';
import {lstm} from '../lstm/lstm';
import {adagradStep, adamStep, momentumStep, type StepInputs, sgdStep} from '../optimizer-step/optimizer-step';
import {limitGraphs, withGraph} from './tensorflow-graph';
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
  const most = limitGraphs(64);
  afterEach(() => {
    limitGraphs(most);
    vi.restoreAllMocks();
  });

  test.each(cases)('$what: the same numbers as op by op, from the first time on', async (given) => {
    limitGraphs(0);
    const expected = [await everything(given, 1), await everything(given, 2)];
    limitGraphs(most);
    const before = graphs();
    const found = [await everything(given, 1), await everything(given, 2)];
    expect(graphs()).toBe(before + 2); // forward and backward; results are asked for twice
    for (const [at, results] of found.entries()) {
      expect(results).toHaveLength(expected[at]!.length);
      for (const [index, values] of results.entries()) {
        expectClose(values, expected[at]![index]!, {relative: 1e-6, absolute: 1e-6});
      }
    }
    expect(await everything(given, 1)).toEqual(found[0]); // to the bit
    await expectNoLeak(async () => void (await everything(given, 3)));
  });

  test.each([
    ['sgd', {kind: 'sgd', learningRate: 0.5}],
    ['momentum', {kind: 'momentum', learningRate: 0.5, decay: 0.9}],
    ['adagrad', {kind: 'adagrad', learningRate: 0.1, epsilon: 1e-8}],
    ['adam', {kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1}],
  ] as const)('%s, clipped: to the bit what it is op by op, from step to step', async (_, rule) => {
    const train = async (most: number) => {
      limitGraphs(most);
      const before = graphs();
      const make = (seed: number) => tf.variable(tf.tensor(seededValues(600, seed), [20, 30]));
      const [parameter, first, second] = [make(1), make(0), make(0)];
      first.assign(tf.zerosLike(first));
      second.assign(tf.fill([20, 30], rule.kind === 'adagrad' ? 0.1 : 0));
      const learn: (inputs: StepInputs, step: number) => tf.Tensor = (inputs, step) => {
        if (rule.kind === 'sgd') return sgdStep({...inputs, ...rule});
        if (rule.kind === 'momentum') return momentumStep({...inputs, ...rule, velocities: [first]});
        if (rule.kind === 'adagrad') return adagradStep({...inputs, ...rule, accumulators: [second]});
        return adamStep({...inputs, ...rule, firstMoments: [first], secondMoments: [second], step});
      };
      for (let step = 1; step <= 4; step++) {
        const gradients = [tf.tensor(seededValues(600, step + 7), [20, 30])];
        const {learningRate} = rule;
        learn({parameters: [parameter], gradients, learningRate: learningRate / step, clipNorm: 0.5}, step).dispose();
      }
      return {values: await parameter.data(), made: graphs() - before};
    };
    const [expected, found] = [await train(0), await train(most)];
    expect([expected.made, found.made]).toEqual([0, 1]);
    expect(found.values).toEqual(expected.values);
  });

  const double = (x: tf.Tensor, y = x) =>
    withGraph(backend(), {name: 'double', inputs: {x, y}}, (ops) => [ops.run('AddV2', [x, y])])[0]!;

  test('one tensor as two inputs has a graph of its own', () => {
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

  test('of few rows none is made', () => {
    const before = graphs();
    const x = tf.ones([5, 7]);
    for (const rows of [1, 31]) {
      withGraph(backend(), {name: 'few', inputs: {x}, rows}, (ops) => [ops.run('AddV2', [x, x])])[0]!.dispose();
    }
    expect(graphs()).toBe(before);
    withGraph(backend(), {name: 'few', inputs: {x}, rows: 32}, (ops) => [ops.run('AddV2', [x, x])])[0]!.dispose();
    expect(graphs()).toBe(before + 1);
  });

  test('leaves no file behind, and where none can be written runs op by op', () => {
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

  test('where TensorFlow copies what a graph is given, as on a GPU, a step still arrives', () => {
    const {binding} = backend();
    const runSavedModel: Binding['runSavedModel'] = (model, inputs, ...names) => {
      const float32 = [{name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT}];
      const copies = inputs.map((input) => binding.executeOp('DeepCopy', float32, [input], 1)[0]!.id);
      return binding.runSavedModel(model, copies, ...names);
    };
    const copying: TensorflowBackend = Object.create(backend(), {
      binding: {value: Object.create(binding, {runSavedModel: {value: runSavedModel}})},
    });
    const before = graphs();
    const parameter = tf.zeros([3]);
    const inputs = {parameters: [parameter], gradients: [tf.ones([3])], ids: [undefined], slots: []};
    const attrs = {rule: {kind: 'sgd', learningRate: 1}} as unknown as NamedAttrMap;
    for (let step = 1; step <= 3; step++) {
      const call = {inputs: inputs as unknown as NamedTensorInfoMap, attrs, backend: copying};
      tf.getKernel('OptimizerStep', 'tensorflow')!.kernelFunc(call);
      expect([...parameter.dataSync()]).toEqual([-step, -step, -step]);
    }
    expect(graphs()).toBe(before);
  });

  test('what is not said to be an input, and values that are read, are errors where it is recorded', () => {
    const x = tf.ones([3, 11]);
    const reading = () =>
      withGraph(backend(), {name: 'reading', inputs: {x}}, (ops) => [ops.constant('float32', [ops.read(x)[0]!])]);
    expect(reading).toThrow('no values to read');
    const unsaid = () => withGraph(backend(), {name: 'unsaid', inputs: {}}, (ops) => [ops.run('AddV2', [x, x])]);
    expect(unsaid).toThrow('An input of AddV2 is neither');
  });

  test('of many shapes the first have graphs', () => {
    for (let size = 1; size <= 100; size++)
      expect([...double(tf.ones([size])).dataSync()]).toEqual(Array(size).fill(2));
    expect(graphs()).toBe(most - 1); // one could not be written
  });
});
