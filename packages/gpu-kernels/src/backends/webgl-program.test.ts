import {backendsUnderTest} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {attention} from '../attention/attention';
import {gru} from '../gru/gru';
import {lstm} from '../lstm/lstm';
import {sampledLogits} from '../sampled-softmax/sampled-logits';
import {useBackend} from './use-backend';
import {isProcessor, type WebGLBackend} from './webgl-program';

const recurrent =
  (operation: typeof lstm | typeof gru, gates: number) => (steps: number, batch: number, size: number) =>
    operation({
      x: tf.zeros([steps, batch, 3]) as tf.Tensor3D,
      kernel: tf.zeros([3, gates * size]) as tf.Tensor2D,
      recurrentKernel: tf.zeros([size, gates * size]) as tf.Tensor2D,
      bias: tf.zeros([gates * size]) as tf.Tensor1D,
    });

const dot = (queries: number, batch: number, size: number) =>
  attention({
    query: tf.zeros([queries, batch, size]),
    keys: tf.zeros([20, batch, size]),
    values: tf.zeros([20, batch, 4]),
    kind: 'dot',
  });

const scores = (batch: number, width: number, count: number) =>
  sampledLogits({
    inputs: tf.zeros([batch, width]),
    targets: tf.zeros([batch, width]),
    samples: tf.zeros([count, width]),
  });

describe.runIf(backendsUnderTest.includes('webgl'))('kernels on webgl', () => {
  beforeAll(async () => {
    await useBackend('webgl');
  });

  test.each([
    ['FusedLSTM', recurrent(lstm, 4), [2, 32, 64], [2, 16, 256]],
    ['FusedGRU', recurrent(gru, 3), [2, 32, 64], [2, 16, 256]],
    ['Attention', dot, [1, 32, 64], [10, 32, 64]],
    ['SampledLogits', scores, [128, 128, 64], [256, 128, 128]],
  ] as const)(
    '%s is left to the reference where a processor plays the card and the product is large',
    async (name, run, small, large) => {
      const isRun = async (sizes: readonly [number, number, number]) => {
        const {kernelNames} = await tf.profile(() => tf.tidy(() => void run(...sizes)));
        return kernelNames.includes(name);
      };
      expect(await isRun(small)).toBe(true);
      expect(await isRun(large)).toBe(!isProcessor(tf.backend() as unknown as WebGLBackend));
    },
  );
});
