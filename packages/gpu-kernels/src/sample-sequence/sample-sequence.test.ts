import {
  backendsUnderTest,
  clampsIds,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import {sampleSequenceReference} from './reference';
import {type SampleSequenceInputs, type SampleSequenceResult, sampleSequence} from './sample-sequence';

interface Sizes {
  cell: 'lstm' | 'gru';
  batch: number;
  vocabulary: number;
  hiddenSizes: number[];
  embedding?: number;
}

/** A model with opinions, and where it stands. */
function model({cell, batch, vocabulary, hiddenSizes, embedding}: Sizes): SampleSequenceInputs {
  let seed = 1;
  const matrix = (rows: number, columns: number, scale = 1) =>
    tf.tensor2d(seededValues(rows * columns, seed++, scale), [rows, columns]);
  const vector = (size: number) => tf.tensor1d(seededValues(size, seed++, 0.5));
  const width = cell === 'lstm' ? 4 : 3;
  let inputSize = embedding ?? vocabulary;
  const layers = hiddenSizes.map((hiddenSize) => {
    const hidden = matrix(batch, hiddenSize);
    const layer = {
      kernel: matrix(inputSize, width * hiddenSize),
      recurrentKernel: matrix(hiddenSize, width * hiddenSize),
      bias: vector(width * hiddenSize),
      state: cell === 'lstm' ? {hidden, cell: matrix(batch, hiddenSize)} : {hidden},
    };
    inputSize = hiddenSize;
    return layer;
  });
  return {
    ids: tf.tensor1d(seededIds(batch, vocabulary, 3), 'int32'),
    steps: 12,
    cell,
    layers,
    ...(embedding && {table: matrix(vocabulary, embedding)}),
    output: {kernel: matrix(inputSize, vocabulary, 3), bias: vector(vocabulary)},
    seed: 5,
  };
}

async function numbersOf({ids, states}: SampleSequenceResult) {
  const parts = states.flatMap(({hidden, cell}) => (cell ? [hidden, cell] : [hidden]));
  return {ids: [...(await ids.data())], states: await Promise.all(parts.map(async (part) => [...(await part.data())]))};
}

const cases: Sizes[] = [
  {cell: 'lstm', batch: 1, vocabulary: 27, hiddenSizes: [16]},
  {cell: 'lstm', batch: 3, vocabulary: 11, hiddenSizes: [7, 5]},
  {cell: 'lstm', batch: 9, vocabulary: 30, hiddenSizes: [8, 6, 12], embedding: 5},
  {cell: 'lstm', batch: 4, vocabulary: 1, hiddenSizes: [1]},
  {cell: 'gru', batch: 1, vocabulary: 27, hiddenSizes: [16], embedding: 3},
  {cell: 'gru', batch: 6, vocabulary: 13, hiddenSizes: [5, 9]},
];

describe.each(backendsUnderTest)('sampleSequence on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  test.each(cases)('%j: the ids that the operations draw step by step, states within 1e-5', async (sizes) => {
    const given = {...model(sizes), forgetBias: sizes.cell === 'lstm' ? 1 : 0};
    for (const options of [{}, {temperature: 0.6}, {topK: 3}, {topP: 0.8, seed: -7}, {temperature: 0}]) {
      const [ours, expected] = [
        await numbersOf(sampleSequence({...given, ...options})),
        await numbersOf(sampleSequenceReference({...given, ...options})),
      ];
      expect(ours.ids).toEqual(expected.ids);
      ours.states.forEach((state, part) => {
        expectClose(state, expected.states[part]!, {relative: 1e-5, absolute: 1e-5});
      });
    }
  });

  const size = fc.integer({min: 1, max: 9});
  const anyModel = fc.record({
    cell: fc.constantFrom('lstm' as const, 'gru' as const),
    ...{batch: size, vocabulary: size, hiddenSizes: fc.array(size, {minLength: 1, maxLength: 2})},
    embedding: fc.option(size, {nil: undefined}),
  });

  test('any model: the ids that the operations draw step by step, states within 1e-5', async () => {
    const property = fc.asyncProperty(
      anyModel,
      fc.integer({min: 1, max: 5}),
      fc.nat({max: 99}),
      async (sizes, steps, seed) => {
        tf.engine().startScope();
        const given = {...model(sizes), steps, seed};
        const ours = await numbersOf(sampleSequence(given));
        const expected = await numbersOf(sampleSequenceReference(given));
        tf.engine().endScope();
        expect(ours.ids).toEqual(expected.ids);
        ours.states.forEach((state, part) => {
          expectClose(state, expected.states[part]!, {relative: 1e-5, absolute: 1e-5});
        });
      },
    );
    await fc.assert(property, {numRuns: 15, seed: 1});
  });

  test.each(['lstm', 'gru'] as const)('%s: cut anywhere, a run goes on as if it had not been', async (cell) => {
    const given = model({cell, batch: 5, vocabulary: 17, hiddenSizes: [6, 4]});
    const whole = await numbersOf(sampleSequence(given));
    const first = sampleSequence({...given, steps: 5});
    const last = tf.reshape(tf.slice(first.ids, [4, 0], [1, 5]), [5]) as tf.Tensor1D;
    const layers = given.layers.map((layer, index) => ({...layer, state: first.states[index]!}));
    const second = sampleSequence({...given, ids: last, layers, steps: 7, seed: 10});
    expect([...(await first.ids.data()), ...(await second.ids.data())]).toEqual(whole.ids);
    expect((await numbersOf(second)).states).toEqual(whole.states);
  });

  test('of no steps gives the states back, of no streams nothing', async () => {
    const given = model(cases[1]!);
    const {ids, states} = sampleSequence({...given, steps: 0});
    expect(ids.shape).toEqual([0, 3]);
    expect(await states[1]!.cell!.data()).toEqual(await given.layers[1]!.state.cell!.data());
    expect(sampleSequence(model({...cases[1]!, batch: 0})).ids.shape).toEqual([12, 0]);
  });

  test.runIf(!clampsIds(backend))('an id outside the vocabulary, and NaN, are errors', () => {
    const given = model(cases[1]!);
    expect(() => sampleSequence({...given, ids: tf.tensor1d([0, 11, 1], 'int32')})).toThrow(IdRangeError);
    const bias = tf.fill([11], Number.NaN) as tf.Tensor1D;
    const broken = {...given, output: {...given.output, bias}};
    expect(() => sampleSequence(broken)).toThrow(RangeError);
    expect(() => sampleSequence(broken)).toThrow('row 0 of logits has NaN');
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const given = model(cases[2]!);
    const attempt = (changes: object) => () => sampleSequence({...given, ...changes} as SampleSequenceInputs);
    expect(attempt({ids: tf.zeros([9])})).toThrow(ShapeError);
    expect(attempt({table: tf.zeros([29, 5])})).toThrow('table is float32 [29, 5], expected float32 [30, D]');
    expect(attempt({layers: []})).toThrow('layers is empty');
    expect(attempt({layers: given.layers.slice(1)})).toThrow(
      'layers[0].kernel is float32 [8, 24], expected float32 [5, 24]',
    );
    expect(attempt({layers: given.layers.slice(0, 2)})).toThrow(
      'output.kernel is float32 [12, 30], expected float32 [6, 30]',
    );
    const state = {hidden: tf.zeros([9, 8])};
    expect(attempt({layers: [{...given.layers[0], state}]})).toThrow('layers[0].state.cell is undefined');
    expect(attempt({cell: 'rnn'})).toThrow('cell is "rnn", expected "lstm" or "gru"');
    expect(attempt({steps: -1})).toThrow('steps is -1, expected a whole number');
    expect(attempt({topP: 0})).toThrow('sampleSequence: topP is 0');
    expect(attempt({forgetBias: Number.NaN})).toThrow('forgetBias is NaN');
  });

  test('nothing is left behind but what is returned', async () => {
    await expectNoLeak(() => {
      for (const sizes of cases) {
        const given = tf.tidy(() => model(sizes) as unknown as tf.TensorContainer) as unknown as SampleSequenceInputs;
        const {ids, states} = sampleSequence(given);
        tf.dispose([ids, states, given] as unknown as tf.TensorContainer);
      }
    });
  });
});
