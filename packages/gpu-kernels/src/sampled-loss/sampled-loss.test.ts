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
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import fixture from './fixtures/sampled-loss.json';
import {sampledLossReference} from './reference';
import {type SampledLossInputs, type SampledLossResult, type SampledLossTensors, sampledLoss} from './sampled-loss';

interface Sizes {
  vocabulary: number;
  width: number;
  batch: number;
  count: number;
}

type Tensors = Pick<SampledLossInputs, 'inputs' | 'table' | 'targets' | 'samples'> &
  Required<Pick<SampledLossInputs, 'biases' | 'targetLogCounts' | 'sampleLogCounts'>>;

function tensorsOf({vocabulary, width, batch, count}: Sizes, seed = 1): Tensors {
  const values = (shape: number[], at: number) =>
    tf.tensor(seededValues(tf.util.sizeFromShape(shape), 10 * seed + at), shape);
  return {
    inputs: values([batch, width], 0) as tf.Tensor2D,
    table: values([vocabulary, width], 1) as tf.Tensor2D,
    biases: values([vocabulary], 2) as tf.Tensor1D,
    targets: tf.tensor1d(seededIds(batch, vocabulary, seed), 'int32'),
    samples: tf.tensor1d(seededIds(count, vocabulary, seed + 1), 'int32'),
    targetLogCounts: values([batch], 3) as tf.Tensor1D,
    sampleLogCounts: values([count], 4) as tf.Tensor1D,
  };
}

/** Loss and gradients, those of table and biases as a whole. */
async function numbersOf({loss, gradients}: SampledLossResult, vocabulary: number): Promise<number[][]> {
  const whole = async ({ids, values}: {ids: tf.Tensor; values: tf.Tensor}) => {
    const width = values.shape[1] ?? 1;
    const sums = new Array<number>(vocabulary * width).fill(0);
    const rows = await values.data();
    (await ids.data()).forEach((id, row) => {
      for (let at = 0; at < width; at++) if (id >= 0) sums[id * width + at]! += rows[row * width + at]!;
    });
    return sums;
  };
  const found = [[...(await loss.data())], [...(await gradients.inputs.data())], await whole(gradients.table)];
  return gradients.biases ? [...found, await whole(gradients.biases)] : found;
}

function expectSame(actual: number[][], expected: number[][]): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, values] of actual.entries()) {
    expectClose(values, expected[index]!, {relative: 1e-5, absolute: 1e-6});
  }
}

const kinds = ['softmax', 'logistic'] as const;

describe.each(backendsUnderTest)('sampledLoss on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(fixture.cases)(
    `$kind, accidental hits removed: $removeAccidentalHits: within 1e-5 of ${fixture.source}`,
    async ({kind, removeAccidentalHits, loss, gradients}) => {
      const {V, D, B} = fixture.sizes;
      const result = sampledLoss({
        inputs: tf.tensor2d(fixture.inputs, [B, D]),
        table: tf.tensor2d(fixture.table, [V, D]),
        biases: tf.tensor1d(fixture.biases),
        targets: tf.tensor1d(fixture.targets, 'int32'),
        samples: tf.tensor1d(fixture.samples, 'int32'),
        targetLogCounts: tf.tensor1d(fixture.targetLogCounts),
        sampleLogCounts: tf.tensor1d(fixture.sampleLogCounts),
        kind: kind as 'softmax' | 'logistic',
        removeAccidentalHits,
      });
      expectSame(await numbersOf(result, V), [[loss], ...gradients]);
    },
  );

  const size = fc.integer({min: 1, max: 20});
  const calls = fc.record({
    sizes: fc.record({vocabulary: size, width: size, batch: size, count: size}),
    kind: fc.constantFrom(...kinds),
    given: fc.record({biases: fc.boolean(), counts: fc.boolean()}),
    removeAccidentalHits: fc.boolean(),
    sampleWeight: fc.constantFrom(1, 0.25),
    scale: fc.constantFrom(undefined, 1, 1 / 128),
    seed: fc.nat({max: 99}),
  });

  test('any call: loss and gradients within 1e-5 of the reference', async () => {
    const property = fc.asyncProperty(calls, async ({sizes, kind, given, seed, ...options}) => {
      const all = tensorsOf(sizes, seed);
      const {biases, targetLogCounts, sampleLogCounts, ...needed} = all;
      const tensors = {
        ...needed,
        ...(given.biases && {biases}),
        ...(given.counts && {targetLogCounts, sampleLogCounts}),
      };
      const actual = sampledLoss({...tensors, kind, ...options});
      const expected = sampledLossReference(tensors as SampledLossTensors, {
        logistic: kind === 'logistic',
        removeHits: options.removeAccidentalHits,
        weight: kind === 'logistic' ? options.sampleWeight : 1,
        scale: options.scale ?? 1 / sizes.batch,
      });
      expectSame(await numbersOf(actual, sizes.vocabulary), await numbersOf(expected, sizes.vocabulary));
      tf.dispose([{...all}, {...actual}, {...expected}] as unknown as tf.TensorContainer);
    });
    await fc.assert(property, {numRuns: 40, seed: 1});
  });

  test.each(kinds)('%s: the gradients are those of finite differences within 1e-2', async (kind) => {
    const sizes = {vocabulary: 5, width: 3, batch: 3, count: 4};
    const tensors = tensorsOf(sizes);
    const result = await numbersOf(sampledLoss({...tensors, kind, sampleWeight: 0.5}), sizes.vocabulary);
    for (const [index, name] of (['inputs', 'table', 'biases'] as const).entries()) {
      const values = await tensors[name].data();
      for (let at = 0; at < values.length; at++) {
        const [more, less] = await Promise.all(
          [1e-2, -1e-2].map(async (change) => {
            const moved = values.slice();
            moved[at]! += change;
            const changed = {...tensors, [name]: tf.tensor(moved, tensors[name].shape)};
            return (await sampledLoss({...changed, kind, sampleWeight: 0.5}).loss.data())[0]!;
          }),
        );
        expect((more! - less!) / 2e-2).toBeCloseTo(result[index + 1]![at]!, 2);
      }
    }
  });

  test.each(kinds)('%s: B 128, D 128, K 64 within 1e-5 of the reference', async (kind) => {
    const sizes = {vocabulary: 300, width: 128, batch: 128, count: 64};
    const tensors = tensorsOf(sizes);
    const attributes = {logistic: kind === 'logistic', removeHits: true, weight: 1, scale: 1 / 128};
    const expected = sampledLossReference(tensors as SampledLossTensors, attributes);
    expectSame(await numbersOf(sampledLoss({...tensors, kind}), 300), await numbersOf(expected, 300));
  });

  test.each(kinds)('%s: scores of hundreds neither overflow nor become NaN', async (kind) => {
    const tensors = tensorsOf({vocabulary: 6, width: 4, batch: 5, count: 7});
    const inputs = tf.mul(tensors.inputs, 1000) as tf.Tensor2D;
    for (const values of await numbersOf(sampledLoss({...tensors, inputs, kind}), 6)) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  test.each(kinds)('%s: a NaN shows in the loss', async (kind) => {
    const tensors = tensorsOf({vocabulary: 6, width: 4, batch: 2, count: 3});
    const inputs = tf.fill([2, 4], Number.NaN) as tf.Tensor2D;
    expect((await sampledLoss({...tensors, inputs, kind}).loss.data())[0]).toBeNaN();
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const tensors = tensorsOf({vocabulary: 6, width: 4, batch: 2, count: 3});
    const call = (change: object) => () => sampledLoss({...tensors, kind: 'softmax', ...change});
    expect(call({table: tf.zeros([6, 3])})).toThrow(ShapeError);
    expect(call({table: tf.zeros([6, 3])})).toThrow('sampledLoss: table is float32 [6, 3], expected float32 [V, 4]');
    expect(call({biases: tf.zeros([5])})).toThrow('sampledLoss: biases is float32 [5], expected float32 [6]');
    expect(call({targets: tf.zeros([2])})).toThrow('sampledLoss: targets is float32 [2], expected int32 [2]');
    expect(call({sampleLogCounts: tf.zeros([2])})).toThrow('sampleLogCounts is float32 [2], expected float32 [3]');
    const none = {samples: tf.tensor1d([], 'int32'), sampleLogCounts: tf.zeros([0])};
    expect(call(none)).toThrow('2 inputs and 0 samples, expected at least one of each');
    expect(call({kind: 'hinge'})).toThrow('kind is hinge, expected softmax or logistic');
  });

  test.skipIf(clampsIds(backend))('an id out of range is refused, and named', () => {
    const tensors = tensorsOf({vocabulary: 6, width: 4, batch: 2, count: 3});
    const targets = tf.tensor1d([0, 6], 'int32');
    expect(() => sampledLoss({...tensors, targets, kind: 'softmax'})).toThrow(IdRangeError);
    const samples = tf.tensor1d([0, -1, 2], 'int32');
    expect(() => sampledLoss({...tensors, samples, kind: 'softmax'})).toThrow('has id -1 at position 1');
  });

  test('nothing is left behind', async () => {
    const tensors = tensorsOf({vocabulary: 6, width: 4, batch: 5, count: 3});
    await expectNoLeak(() => {
      for (let round = 0; round < 20; round++) {
        for (const kind of kinds) tf.dispose({...sampledLoss({...tensors, kind})} as unknown as tf.TensorContainer);
      }
    });
  });
});
