import {backendsUnderTest, checkGradient, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {hash, keyOf} from '../random/hash';
import {dropout, dropoutMask} from './dropout';
import {dropoutReference} from './reference';

describe('the hash', () => {
  test('gives the numbers it always gave', () => {
    expect([0, 1, 2, 1e6].map((index) => hash(keyOf(0), index))).toEqual([
      2926543089, 3818772927, 1864879796, 2684328112,
    ]);
    expect([0, 1, 2, 1e6].map((index) => hash(keyOf(2 ** 32 - 1), index))).toEqual([
      3160881294, 2842900371, 1323303470, 3196245961,
    ]);
    expect(keyOf(-1)).toBe(keyOf(2 ** 32 - 1));
  });

  test('each bit is set in half of the numbers, whatever the seed', () => {
    for (const seed of [0, 1, 2, 77]) {
      const counts = new Array<number>(32).fill(0);
      for (let index = 0; index < 40_000; index++) {
        const bits = hash(keyOf(seed), index);
        for (let bit = 0; bit < 32; bit++) counts[bit]! += (bits >>> bit) & 1;
      }
      // Five standard deviations of a fair coin: 5 · √40,000 / 2.
      for (const count of counts) expect(Math.abs(count - 20_000)).toBeLessThan(500);
    }
  });

  test('one index under neighbouring seeds, and neighbouring indices, agree in half of their bits', () => {
    const ones = (bits: number) => bits.toString(2).replaceAll('0', '').length;
    for (const pair of [
      (n: number) => hash(keyOf(n), 3) ^ hash(keyOf(n + 1), 3),
      (n: number) => hash(keyOf(3), n) ^ hash(keyOf(3), n + 1),
    ]) {
      let sum = 0;
      for (let n = 0; n < 4000; n++) sum += ones(pair(n) >>> 0);
      expect(Math.abs(sum / 4000 - 16)).toBeLessThan(5 * Math.sqrt(8 / 4000));
    }
  });
});

describe.each(backendsUnderTest)('dropout on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const everything = async (f: typeof dropout, shape: number[], rate: number, seed: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const [x, dy] = [tf.tensor(seededValues(size, 1), shape), tf.tensor(seededValues(size, 2), shape)];
    const y = f({x, rate, seed});
    const gradient = tf.grad((moved) => f({x: moved, rate, seed}))(x, dy);
    expect(y.shape).toEqual(shape);
    const numbers = [(await y.data()).slice(), (await gradient.data()).slice()];
    tf.dispose([x, dy, y, gradient]);
    return numbers;
  };

  test('any shape, rate and seed: values and gradient are those of the reference to the bit', async () => {
    const shapes = fc.array(fc.integer({min: 0, max: 9}), {maxLength: 3});
    const rates = fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true});
    const seeds = fc.integer({min: -(2 ** 31), max: 2 ** 32 - 1});
    const property = fc.asyncProperty(shapes, rates, seeds, async (shape, rate, seed) => {
      const actual = await everything(dropout, shape, rate, seed);
      expect(actual).toEqual(await everything(dropoutReference, shape, rate, seed));
    });
    await fc.assert(property, {numRuns: 40, seed: 20261123});
  });

  test('the mask drops the part it was told to, and keeps the mean', async () => {
    for (const [index, rate] of [0, 0.1, 0.5, 0.9].entries()) {
      const mask = dropoutMask({shape: [100, 401], rate, seed: index});
      const values = await mask.data();
      const kept = values.filter((value) => value !== 0);
      expect(new Set(kept)).toEqual(new Set([Math.fround(1 / (1 - rate))]));
      const deviation = Math.sqrt(values.length * rate * (1 - rate));
      expect(Math.abs(values.length - kept.length - rate * values.length)).toBeLessThanOrEqual(4 * deviation);
      mask.dispose();
    }
  });

  test('another seed is another mask, the same seed the same; 0 is a seed', async () => {
    const masks = await Promise.all(
      [0, 0, 1, 2].map(async (seed) => [...(await dropoutMask({shape: [1000], rate: 0.5, seed}).data())]),
    );
    expect(masks[0]).toEqual(masks[1]);
    for (const [one, other] of [
      [0, 2],
      [2, 3],
    ] as const) {
      const equal = masks[one]!.filter((value, at) => value === masks[other]![at]).length;
      expect(Math.abs(equal - 500)).toBeLessThan(5 * Math.sqrt(250));
    }
  });

  test('gradient within 2e-5 of finite differences', async () => {
    const f = (x: tf.Tensor) => tf.tidy(() => tf.sum(tf.tanh(dropout({x, rate: 0.3, seed: 5}))) as tf.Scalar);
    await checkGradient(f, [{shape: [3, 7], values: seededValues(21, 1)}]);
  });

  test('NaN stays NaN, dropped or not', async () => {
    const values = await dropout({x: tf.fill([9], Number.NaN), rate: 0.5, seed: 1}).data();
    expect([...values].every(Number.isNaN)).toBe(true);
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const x = tf.zeros([2]);
    for (const rate of [1, -0.1, Number.NaN]) {
      expect(() => dropout({x, rate, seed: 1})).toThrow(`rate is ${rate}, expected the part to drop`);
    }
    for (const seed of [0.5, 2 ** 32, Number.NaN]) {
      expect(() => dropout({x, rate: 0.5, seed})).toThrow(`seed is ${seed}, expected an integer`);
    }
    expect(() => dropout({x: tf.zeros([2], 'int32'), rate: 0.5, seed: 1})).toThrow(ShapeError);
    expect(() => dropout({x: tf.zeros([2], 'int32'), rate: 0.5, seed: 1})).toThrow('x is int32 [2], expected float32');
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      await everything(dropout, [3, 5], 0.5, 1);
      dropoutMask({shape: [2], rate: 0.5, seed: 1}).dispose();
    });
  });
});
