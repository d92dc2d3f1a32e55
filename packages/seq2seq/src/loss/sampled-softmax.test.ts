import {useBackend} from '@gatefold/gpu-kernels';
import {
  backendsUnderTest,
  checkGradient,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import {logExpectedCounts, sampleLogUniform} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {mersenne} from 'pure-rand/generator/mersenne';
import {beforeAll, describe, test} from 'vitest';
import {sampledSoftmax} from './sampled-softmax';

type Loss = (...given: tf.Tensor[]) => tf.Scalar;

describe.each(backendsUnderTest)('sampled softmax on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const [count, size, width, samples] = [6, 11, 3, 5];
  const labels = seededIds(count, size, 2);
  const inputs = [[count, width], [size, width], [size]].map((shape, index) => ({
    shape,
    values: seededValues(
      shape.reduce((product, length) => product * length),
      index,
    ),
  }));
  const ours: Loss = (features, table, bias) =>
    tf.tidy(() =>
      sampledSoftmax({
        ...{features: features as tf.Tensor2D, table: table as tf.Tensor2D, bias: bias as tf.Tensor1D},
        ...{labels, samples, generator: mersenne(3)},
      }),
    );
  /** The same in plain operations, from the scores of the whole vocabulary. */
  const composed: Loss = (features, table, bias) =>
    tf.tidy(() => {
      const {ids, draws} = sampleLogUniform(size, samples, mersenne(3));
      const logCounts = (of: Int32Array) => tf.tensor1d(logExpectedCounts(of, size, {count: samples, draws}));
      const scores = tf.add(tf.matMul(features!, table!, false, true), bias!);
      const own = tf.sub(tf.sum(tf.mul(scores, tf.oneHot(tf.tensor1d(labels, 'int32'), size)), 1), logCounts(labels));
      const others = tf.sub(tf.gather(scores, tf.tensor1d(ids, 'int32'), 1), logCounts(ids));
      const hits = tf.tensor2d([...labels].map((label) => [...ids].map((id) => (id === label ? -1e9 : 0))));
      const all = tf.concat([tf.expandDims(own, 1), tf.add(others, hits)], 1);
      return tf.mean(tf.sub(tf.logSumExp(all, 1), own)) as tf.Scalar;
    });

  test('the loss and gradients of plain operations, within 1e-5 (webgl 1e-3)', async () => {
    const tensors = inputs.map(({values, shape}) => tf.tensor(values, shape));
    const [found, expected] = [ours, composed].map((loss) => tf.valueAndGrads(loss)(tensors));
    expectClose(await found!.value.data(), await expected!.value.data(), {relative});
    for (const [index, gradient] of found!.grads.entries()) {
      expectClose(await gradient.data(), await expected!.grads[index]!.data(), {relative, absolute: relative});
    }
    tf.dispose([tensors, found, expected] as tf.TensorContainer);
  });

  test('the gradients agree with finite differences, within 2e-5 (webgl 1e-3)', async () => {
    await checkGradient(ours, inputs, {relative: backend === 'webgl' ? 1e-3 : 2e-5});
  });

  test('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      const tensors = inputs.map(({values, shape}) => tf.tensor(values, shape));
      tf.dispose([tensors, tf.valueAndGrads(ours)(tensors), ours(...tensors)] as tf.TensorContainer);
    });
  });
});
