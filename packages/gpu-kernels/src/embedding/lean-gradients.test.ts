// A file of its own: the others import the union, which brings the gradients of all plain operations.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {expect, test} from 'vitest';
import {linear} from '../linear/linear';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {valueAndGradients} from './value-and-gradients';

test('with tfjs-core alone our operations have gradients, and a plain one is an error that names the import', async () => {
  await tf.setBackend('cpu');
  const kernel = tf.variable(tf.zeros([2, 2])) as tf.Variable<tf.Rank.R2>;
  const [x, bias, labels] = [tf.tensor2d([[5, 7]]), tf.tensor1d([0, 0]), tf.tensor1d([1], 'int32')];
  const logits = () => linear({x, kernel, bias}) as tf.Tensor2D;
  const {gradients} = valueAndGradients(() => sparseCrossEntropy({logits: logits(), labels}) as tf.Scalar, [kernel]);
  expect(await (gradients[0] as tf.Tensor).data()).toEqual(Float32Array.of(2.5, -2.5, 3.5, -3.5));
  expect(() => valueAndGradients(() => tf.sum(logits()) as tf.Scalar, [kernel])).toThrow(
    'gradient function not found for Sum. Only @tensorflow/tfjs-core is loaded, without the gradients of plain ' +
      'operations: import "@tensorflow/tfjs".',
  );
});
