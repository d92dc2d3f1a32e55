import * as tf from '@tensorflow/tfjs';
import {expect, test} from 'vitest';
import {SequenceBatches} from './sequence-batches';
import {toDataset} from './to-dataset';

const ids = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

test('a dataset gives the batches as [T, B] int32 tensors, and leaves none of its own', async () => {
  const batches = new SequenceBatches(ids, {batchSize: 2, sequenceLength: 3});
  const before = tf.memory().numTensors;
  const taken = await toDataset(batches, tf).take(2).toArray();
  const values = taken.map(({xs, ys}) => [xs.arraySync(), ys.arraySync()]);
  expect(values).toEqual([
    [
      [
        [1, 7],
        [2, 8],
        [3, 9],
      ],
      [
        [2, 8],
        [3, 9],
        [4, 10],
      ],
    ],
    [
      [
        [4, 10],
        [5, 11],
        [6, 12],
      ],
      [
        [5, 11],
        [6, 12],
        [7, 1],
      ],
    ],
  ]);
  expect(taken[0]!.xs.dtype).toBe('int32');
  expect(taken[0]!.ys.dtype).toBe('int32');
  tf.dispose(taken);
  expect(tf.memory().numTensors).toBe(before);
});

test('a dataset goes on where the batches are, so their state is its own', async () => {
  const batches = new SequenceBatches(ids, {batchSize: 2, sequenceLength: 3});
  batches.next();
  const [first] = await toDataset(batches, tf).take(1).toArray();
  expect(first!.xs.arraySync()).toEqual([
    [4, 10],
    [5, 11],
    [6, 12],
  ]);
  tf.dispose(first!);
});
