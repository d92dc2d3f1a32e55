import {backendsUnderTest, expectNoLeak, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';

describe.each(backendsUnderTest)('addN on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each([1, 2, 7, 8, 9, 10, 11, 28, 100])('adds %i tensors up', async (count) => {
    await expectNoLeak(async () => {
      const terms = Array.from({length: count}, (_, index) => tf.tensor1d([index + 1, -1]));
      const sum = tf.addN(terms);
      expect([...(await sum.data())]).toEqual([(count * (count + 1)) / 2, -count]);
      tf.dispose([terms, sum]);
    });
  });
});
