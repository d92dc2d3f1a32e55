import {sparseCrossEntropy, useBackend} from '@gatefold/gpu-kernels';
import {
  backendsUnderTest,
  checkGradient,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, test} from 'vitest';
import {smoothed} from './smoothed';

describe.each(backendsUnderTest)('label smoothing on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const [count, size] = [5, 7];
  const values = seededValues(count * size, 1).map((value) => 3 * value);
  const ids = seededIds(count, size, 2);
  const ours = (smoothing: number) => (logits: tf.Tensor) =>
    tf.tidy(() => {
      const labels = tf.tensor1d(ids, 'int32');
      const loss = sparseCrossEntropy({logits, labels}) as tf.Scalar;
      return smoothed({loss, logits, labels, smoothing});
    });
  /** The cross-entropy with the labels that are meant, in plain operations. */
  const composed = (smoothing: number) => (logits: tf.Tensor) =>
    tf.tidy(() => {
      const labels = tf.add(
        tf.mul(tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), size), 'float32'), 1 - smoothing),
        smoothing / size,
      );
      return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1))) as tf.Scalar;
    });

  test.each([0, 0.1, 0.9])(
    'of %d: the loss and gradient of labels so smoothed, within 1e-5 (webgl 1e-3)',
    async (part) => {
      const logits = tf.tensor2d(values, [count, size]);
      const [found, expected] = [ours(part), composed(part)].map((loss) => tf.valueAndGrad(loss)(logits));
      expectClose(await found!.value.data(), await expected!.value.data(), {relative});
      expectClose(await found!.grad.data(), await expected!.grad.data(), {relative, absolute: relative});
      tf.dispose([logits, found, expected] as tf.TensorContainer);
    },
  );

  test('the gradient agrees with finite differences, within 2e-5 (webgl 1e-3)', async () => {
    const at = [{shape: [count, size], values}];
    await checkGradient(ours(0.2), at, {relative: backend === 'webgl' ? 1e-3 : 2e-5});
  });

  test('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      const logits = tf.tensor2d(values, [count, size]);
      tf.dispose([logits, tf.valueAndGrad(ours(0.1))(logits), ours(0.1)(logits)] as tf.TensorContainer);
    });
  });
});
