import {useBackend} from '@gatefold/gpu-kernels';
import {seededIds, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, expect, test} from 'vitest';
import {symbolInputs} from './symbol-inputs';
import {thinning, whole} from './thinning';

const [steps, batch, symbols, width] = [5, 3, 7, 4];
const tensor = (shape: [number, number], seed: number) =>
  tf.tensor2d(seededValues(shape[0] * shape[1], seed), shape) as tf.Tensor2D;

beforeAll(async () => {
  await useBackend('cpu');
});

test('ids, but rows where part of them is dropped and for a layer that takes no ids', () => {
  tf.tidy(() => {
    const weights = {kernel: tensor([width, 24], 5)};
    const table = tensor([symbols, width], 1);
    const ids = tf.tensor2d(seededIds(steps * batch, symbols, 2), [steps, batch], 'int32');
    expect(symbolInputs({table, ids}, whole)(weights).x).toMatchObject({dtype: 'int32', shape: [steps, batch]});
    for (const found of [
      symbolInputs({table, ids}, thinning(0.5, 1))(weights),
      symbolInputs({table, ids, asVectors: true}, whole)(weights),
    ]) {
      expect(found.x.shape).toEqual([steps, batch, width]);
      expect(found.kernel).toBe(weights.kernel);
    }
  });
});
