import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {topKReference} from './reference';
import {topK} from './top-k';

/** Where a comparison with NaN can be an error: neither in TensorFlow's operation nor in a shader. */
const throwsForNaN = (backend: string) => backend !== 'tensorflow' && backend !== 'webgpu';

/** Each row sorted as a whole, in float64. */
function sorted(values: ArrayLike<number>, classes: number, k: number, logProbabilities: boolean, scores?: number[]) {
  const best: {value: number; id: number}[] = [];
  for (let row = 0; row * classes < values.length; row++) {
    const numbers = Array.from({length: classes}, (_, id) => values[row * classes + id]!);
    const largest = Math.max(...numbers);
    const normaliser = largest + Math.log(numbers.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    const shift = (scores?.[row] ?? 0) - (logProbabilities ? normaliser : 0);
    const ranked = numbers.map((value, id) => ({value, id})).sort((a, b) => b.value - a.value || a.id - b.id);
    best.push(...ranked.slice(0, k).map(({value, id}) => ({value: value + shift, id})));
  }
  return best;
}

const implementations = [
  {name: 'topK', run: topK},
  {name: 'its reference', run: topKReference},
];

describe.each(backendsUnderTest)('topK on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const sizes = fc
    .record({batch: fc.integer({min: 0, max: 5}), classes: fc.integer({min: 1, max: 70}), seed: fc.nat(1000)})
    .chain((found) => fc.record({...constants(found), k: fc.integer({min: 1, max: found.classes})}));

  test.each(implementations)('$name, any shape: values within 1e-5 of a full sort, ids the same', async ({run}) => {
    const property = fc.asyncProperty(
      ...([sizes, fc.boolean(), fc.boolean()] as const),
      async ({batch, classes, seed, k}, logProbabilities, scored) => {
        const values = seededValues(batch * classes, seed, 4);
        const scores = scored ? [...seededValues(batch, seed + 1, 9)] : undefined;
        const expected = sorted(values, classes, k, logProbabilities, scores);
        const logits = tf.tensor2d(values, [batch, classes]);
        const added = scores && tf.tensor1d(scores, 'float32');
        const best = run({logits, k, logProbabilities, ...(added && {scores: added})});
        expect([best.values.shape, best.ids.shape, best.ids.dtype]).toEqual([[batch, k], [batch, k], 'int32']);
        expect([...(await best.ids.data())]).toEqual(expected.map(({id}) => id));
        expectClose(
          await best.values.data(),
          expected.map(({value}) => value),
          {relative: 1e-5, absolute: 2e-6},
        );
        tf.dispose([logits, best.values, best.ids, ...(added ? [added] : [])]);
      },
    );
    await fc.assert(property, {numRuns: 40, seed: 20261123});
  });

  test('of equal values the lower id comes first, in rows of a few values that come again and again', async () => {
    for (const [classes, k] of [
      [9, 9],
      [50, 7],
      [333, 64],
      [333, 333],
    ] as const) {
      const values = Float32Array.from(seededIds(3 * classes, 4, classes));
      const {ids} = topK({logits: tf.tensor2d(values, [3, classes]), k});
      expect([...(await ids.data())]).toEqual(sorted(values, classes, k, false).map(({id}) => id));
    }
  });

  test.each([1, 8, 64, 10_000])('the %i largest of fifty thousand, seeded, rising and falling', async (k) => {
    const seeded = seededValues(50_000, 1);
    for (const values of [seeded, seeded.slice().sort(), seeded.slice().sort().reverse()]) {
      const best = topK({logits: tf.tensor2d(values, [1, 50_000]), k});
      const expected = sorted(values, 50_000, k, false);
      expect([...(await best.values.data())]).toEqual(expected.map(({value}) => value));
      expect([...(await best.ids.data())]).toEqual(expected.map(({id}) => id));
    }
  });

  test('classes ruled out by minus infinity come last', async () => {
    const logits = tf.tensor2d([Number.NEGATIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, 1, 2], [1, 5]);
    const {values, ids} = topK({logits, k: 5, logProbabilities: true});
    const normaliser = Math.log(2 * Math.E + Math.E ** 2);
    const lowest = Number.NEGATIVE_INFINITY;
    expect([...(await ids.data())]).toEqual([4, 1, 3, 0, 2]);
    expectClose(await values.data(), [2 - normaliser, 1 - normaliser, 1 - normaliser, lowest, lowest], {
      relative: 1e-5,
    });
  });

  test.runIf(throwsForNaN(backend))('NaN is an error that names the row', () => {
    for (const [classes, at, k] of [
      [7, 0, 2],
      [7, 2, 1],
      [7, 4, 1],
      [7, 6, 1],
      [200, 199, 150],
    ] as const) {
      const values = new Float32Array(2 * classes);
      values[classes + at] = Number.NaN;
      const attempt = () => topK({logits: tf.tensor2d(values, [2, classes]), k});
      expect(attempt).toThrow(RangeError);
      expect(attempt).toThrow('row 1 of logits has NaN');
    }
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const logits = tf.zeros([2, 3]) as tf.Tensor2D;
    for (const k of [0, 4, 1.5, Number.NaN]) {
      expect(() => topK({logits, k})).toThrow(`k is ${k}, expected an integer from 1 to 3`);
    }
    const flat = tf.zeros([3]) as unknown as tf.Tensor2D;
    expect(() => topK({logits: flat, k: 1})).toThrow(ShapeError);
    expect(() => topK({logits: flat, k: 1})).toThrow('logits is float32 [3], expected float32 [B, V]');
    expect(() => topK({logits, k: 1, scores: tf.zeros([3])})).toThrow('scores is float32 [3], expected float32 [2]');
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(() => {
      const logits = tf.tensor2d(seededValues(15, 1), [3, 5]);
      const bad = tf.fill([1, 5], Number.NaN) as tf.Tensor2D;
      const {values, ids} = topK({logits, k: 2, logProbabilities: true});
      if (throwsForNaN(backend)) expect(() => topK({logits: bad, k: 2})).toThrow(RangeError);
      tf.dispose([logits, bad, values, ids]);
    });
  });
});

/** An arbitrary for each property of `values`, which gives that value. */
function constants<Values extends object>(values: Values) {
  const entries = Object.entries(values).map(([name, value]) => [name, fc.constant(value)]);
  return Object.fromEntries(entries) as {[Name in keyof Values]: fc.Arbitrary<Values[Name]>};
}
