import {backendsUnderTest, expectNoLeak, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';

describe.each(backendsUnderTest)('the sum of nothing on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each([
    [[0], undefined, false, []],
    [[0, 2], 0, false, [2]],
    [[0, 2], 1, false, [0]],
    [[3, 0, 2], -2, true, [3, 1, 2]],
    [[3, 0], [0, 1], true, [1, 1]],
  ] as const)('of %j over axis %j, keepDims %j: zeros %j', async (shape, axis, keepDims, expected) => {
    await expectNoLeak(async () => {
      const nothing = tf.zeros([...shape]);
      const sum = tf.sum(nothing, axis as number | undefined, keepDims);
      expect(sum.shape).toEqual(expected);
      expect([...(await sum.data())]).toEqual(Array(sum.size).fill(0));
      tf.dispose([nothing, sum]);
    });
  });
});
