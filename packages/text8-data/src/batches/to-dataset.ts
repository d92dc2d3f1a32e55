import type {data, Tensor2D} from '@tensorflow/tfjs';
import type {SequenceBatch} from './sequence-batches';

interface Source {
  readonly batchSize: number;
  readonly sequenceLength: number;
  next(): SequenceBatch;
}

/** The parts of TensorFlow.js that a dataset is made with: `import * as tf from '@tensorflow/tfjs'`. */
export interface DatasetMaker {
  data: Pick<typeof data, 'generator'>;
  tensor2d(values: Int32Array, shape: [number, number], dtype: 'int32'): Tensor2D;
}

/**
 * Batches as an endless tf.data dataset of `{xs, ys}`, int32 `[T, B]` tensors, for `model.fitDataset` and the like.
 *
 * @param tf TensorFlow.js, passed in so that this package does not depend on it.
 * @example const dataset = toDataset(batches, tf).take(100);
 */
export function toDataset(batches: Source, tf: DatasetMaker): data.Dataset<{xs: Tensor2D; ys: Tensor2D}> {
  const shape: [number, number] = [batches.sequenceLength, batches.batchSize];
  return tf.data.generator(function* () {
    for (;;) {
      const {inputs, targets} = batches.next();
      yield {xs: tf.tensor2d(inputs, shape, 'int32'), ys: tf.tensor2d(targets, shape, 'int32')};
    }
  } as () => Generator<{xs: Tensor2D; ys: Tensor2D}>);
}
