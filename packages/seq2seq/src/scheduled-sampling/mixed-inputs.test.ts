import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectNoLeak, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {mersenne} from 'pure-rand/generator/mersenne';
import {beforeAll, describe, expect, test} from 'vitest';
import {mixedInputs} from './mixed-inputs';

describe.each(backendsUnderTest)('mixed inputs on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const [steps, batchSize] = [50, 8];
  const truth = Int32Array.from({length: steps * batchSize}, (_, place) => place);
  /** What is predicted after an input is a thousand more. */
  const mix = async (probability: number, seed = 1) => {
    const mixed = tf.tidy(() => {
      const inputs = tf.tensor2d(truth, [steps, batchSize], 'int32');
      const predict = (given: tf.Tensor2D) => tf.add(given, tf.scalar(1000, 'int32')) as tf.Tensor2D;
      return mixedInputs(inputs, {probability, generator: mersenne(seed)}, predict);
    });
    const values = [...(await mixed.data())];
    mixed.dispose();
    return values;
  };

  test('are the true ones, or all but the first what was predicted after the one before', async () => {
    expect(await mix(0)).toEqual([...truth]);
    const predicted = truth.map((place) => (place < batchSize ? place : place - batchSize + 1000));
    expect(await mix(1)).toEqual([...predicted]);
    const mixed = await mix(0.25);
    const changed = mixed.filter((id, place) => id !== truth[place]);
    expect(changed.every((id) => id >= 1000)).toBe(true);
    expect(mixed.every((id, place) => id === truth[place] || id === predicted[place])).toBe(true);
    expect(Math.abs(changed.length - 98)).toBeLessThan(4 * Math.sqrt(392 * 0.25 * 0.75));
  });

  test('are drawn by the seed, without a leak', async () => {
    await expectNoLeak(async () => {
      expect(await mix(0.5)).toEqual(await mix(0.5));
      expect(await mix(0.5, 2)).not.toEqual(await mix(0.5));
    });
  });
});
