import {backendsUnderTest, expectNoLeak, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {keyOf, uniform} from '../random/hash';
import {sampleCategoricalReference} from './reference';
import {type SampleCategoricalInputs, sampleCategorical} from './sample-categorical';

type Options = Omit<SampleCategoricalInputs, 'logits' | 'seed'>;

/** The ids in the order they are counted in, with their probabilities among those that are kept, in float64. */
function distribution(logits: ArrayLike<number>, {temperature = 1, topK, topP = 1}: Options) {
  const scaled = Array.from(logits, (value, id) => ({id, value: value / temperature}));
  if (topK !== undefined || topP < 1) scaled.sort((a, b) => b.value - a.value || a.id - b.id);
  const candidates = scaled.slice(0, topK ?? scaled.length);
  const largest = Math.max(...candidates.map(({value}) => value));
  const masses = candidates.map(({value}) => Math.exp(value - largest));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  let reached = 0;
  const kept = candidates.flatMap(({id}, at) => {
    if (topP < 1 && reached >= topP * total) return [];
    reached += masses[at]!;
    return [{id, probability: masses[at]!}];
  });
  return kept.map(({id, probability}) => ({id, probability: probability / reached}));
}

/** The id that inverting the distribution function gives, or both where the draw lies at a boundary. */
function inverse(kept: {id: number; probability: number}[], draw: number): number[] {
  const within = 1e-5;
  let reached = 0;
  return kept
    .filter(({probability}) => {
      const before = reached;
      reached += probability;
      return probability > 0 && before <= draw + within && reached > draw - within;
    })
    .map(({id}) => id);
}

const options: Options[] = [
  {},
  {temperature: 0.5},
  {temperature: 3},
  {topK: 3},
  {topP: 0.7},
  {temperature: 2, topK: 4, topP: 0.8},
];

describe.each(backendsUnderTest)('sampleCategorical on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('any shape, seed and options, by the kernel and by the reference: the draws that the distribution and the hash say', async () => {
    const property = fc.asyncProperty(
      fc.record({batch: fc.integer({min: 1, max: 9}), classes: fc.integer({min: 1, max: 90})}),
      fc.integer({min: -(2 ** 31), max: 2 ** 32 - 1}),
      fc.record(
        {
          temperature: fc.double({min: 0.2, max: 4, noNaN: true}),
          topK: fc.integer({min: 1, max: 100}),
          topP: fc.double({min: 0.05, max: 0.95, noNaN: true}),
        },
        {requiredKeys: []},
      ),
      async ({batch, classes}, seed, chosen) => {
        const values = seededValues(batch * classes, seed & 1023, 3);
        const logits = tf.tensor2d(values, [batch, classes]);
        const {temperature = 1, topK, topP = 1} = chosen;
        const attributes = {seed, temperature, topK: Math.min(topK ?? (topP < 1 ? classes : 0), classes), topP};
        const reference = tf.tidy(() => sampleCategoricalReference(logits, attributes));
        for (const ids of [sampleCategorical({logits, seed, ...chosen}), reference]) {
          expect([ids.shape, ids.dtype]).toEqual([[batch], 'int32']);
          for (const [row, id] of (await ids.data()).entries()) {
            const kept = distribution(values.subarray(row * classes, (row + 1) * classes), chosen);
            expect(inverse(kept, uniform(keyOf(seed), row))).toContain(id);
          }
          ids.dispose();
        }
        logits.dispose();
      },
    );
    await fc.assert(property, {numRuns: 60, seed: 20261123});
  });

  test.each(options)('%j: the draws of 20,000 rows have the distribution (chi-square)', async (chosen) => {
    const logits = [0.3, -1, 2, 0, 1.2, 0.3, -3, 1];
    const rows = 20_000;
    const ids = await sampleCategorical({
      ...{logits: tf.tile(tf.tensor2d(logits, [1, 8]), [rows, 1]) as tf.Tensor2D, seed: 0},
      ...chosen,
    }).data();
    const counts = new Array<number>(8).fill(0);
    for (const id of ids) counts[id]! += 1;
    const kept = distribution(logits, chosen);
    let distance = 0;
    for (const {id, probability} of kept) distance += (counts[id]! - rows * probability) ** 2 / (rows * probability);
    expect(kept.reduce((sum, {id}) => sum + counts[id]!, 0)).toBe(rows); // none but those that are kept
    // A chi-square of n degrees of freedom exceeds n + 4 √(2n) + 8 less than once in a thousand times.
    const degrees = kept.length - 1;
    expect(distance).toBeLessThan(degrees + 4 * Math.sqrt(2 * degrees) + 8);
  });

  test('a set of thousands of ids, flat and peaked, restricted by topP', async () => {
    for (const scale of [0.1, 12]) {
      const values = seededValues(2 * 5000, 3, scale);
      const ids = await sampleCategorical({logits: tf.tensor2d(values, [2, 5000]), seed: 4, topP: 0.9}).data();
      for (const [row, id] of ids.entries()) {
        const kept = distribution(values.subarray(row * 5000, (row + 1) * 5000), {topP: 0.9});
        // Rounding in float32 moves boundaries by more than the 2e-4 that one of 5000 ids has.
        const at = kept.findIndex((each) => each.id === id);
        const before = kept.slice(0, at).reduce((sum, {probability}) => sum + probability, 0);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(Math.abs(before - uniform(keyOf(4), row))).toBeLessThan(kept[at]!.probability + 1e-4);
      }
    }
  });

  test('temperature 0, and topK 1, take the most likely id, of equal ones the lower', async () => {
    const values = Float32Array.from(seededIds(40 * 7, 3, 5));
    const logits = tf.tensor2d(values, [40, 7]);
    const expected = Array.from({length: 40}, (_, row) => {
      const numbers = [...values.subarray(7 * row, 7 * row + 7)];
      return numbers.indexOf(Math.max(...numbers));
    });
    for (const chosen of [{temperature: 0}, {topK: 1}, {topP: 1e-6}, {temperature: 0, topP: 0.5, topK: 3}]) {
      expect([...(await sampleCategorical({logits, seed: 1, ...chosen}).data())]).toEqual(expected);
    }
  });

  test('the same seed gives the same ids, another seed others; 0 is a seed', async () => {
    const logits = tf.zeros([100, 50]) as tf.Tensor2D;
    const draw = async (seed: number) => [...(await sampleCategorical({logits, seed}).data())];
    expect(await draw(0)).toEqual(await draw(0));
    expect(await draw(0)).not.toEqual(await draw(1));
  });

  test('an id that minus infinity rules out is never drawn; ten thousand does not overflow', async () => {
    const lowest = Number.NEGATIVE_INFINITY;
    const logits = tf.tile(tf.tensor2d([lowest, 1e4, lowest, 1e4, lowest], [1, 5]), [2000, 1]) as tf.Tensor2D;
    for (const chosen of [{}, {topK: 4}, {topP: 0.99}, {temperature: 100}]) {
      expect(new Set(await sampleCategorical({logits, seed: 3, ...chosen}).data())).toEqual(new Set([1, 3]));
    }
  });

  test('an empty batch draws nothing', () => {
    expect(sampleCategorical({logits: tf.zeros([0, 3]), seed: 1}).shape).toEqual([0]);
  });

  test.runIf(backend !== 'webgpu')('NaN is an error that names the row', () => {
    for (const bad of [
      [0, Number.NaN],
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [0, Number.POSITIVE_INFINITY],
    ]) {
      for (const chosen of [{}, {topK: 1}, {topP: 0.5}]) {
        const attempt = () => sampleCategorical({logits: tf.tensor2d([0, 1, ...bad], [2, 2]), seed: 1, ...chosen});
        expect(attempt).toThrow(RangeError);
        expect(attempt).toThrow('row 1 of logits has NaN among its values, or no finite largest one');
      }
    }
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const attempt = (changes: object) => () =>
      sampleCategorical({logits: tf.zeros([2, 3]), seed: 1, ...changes} as SampleCategoricalInputs);
    expect(attempt({logits: tf.zeros([3])})).toThrow(ShapeError);
    expect(attempt({logits: tf.zeros([2, 0])})).toThrow('logits is float32 [2, 0], expected float32 [B, V]');
    expect(attempt({seed: 0.5})).toThrow('seed is 0.5, expected an integer');
    expect(attempt({temperature: -1})).toThrow('temperature is -1, expected a number at least 0');
    expect(attempt({topK: 0})).toThrow('topK is 0, expected a number above 0 without a fraction');
    for (const topP of [0, 1.1, Number.NaN])
      expect(attempt({topP})).toThrow(`topP is ${topP}, expected a number above`);
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(() => {
      const logits = tf.tensor2d(seededValues(15, 1), [3, 5]);
      const bad = tf.fill([1, 5], Number.NaN) as tf.Tensor2D;
      for (const chosen of options) sampleCategorical({logits, seed: 1, ...chosen}).dispose();
      if (backend !== 'webgpu' && backend !== 'tensorflow') {
        expect(() => sampleCategorical({logits: bad, seed: 1, topK: 2})).toThrow(RangeError);
      }
      tf.dispose([logits, bad]);
    });
  });
});
