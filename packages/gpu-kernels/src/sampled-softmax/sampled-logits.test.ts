import {
  backendsUnderTest,
  checkGradient,
  expectClose,
  expectNoLeak,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import fixture from './fixtures/sampled-softmax.json';
import {sampledLogitsReference} from './reference';
import {type SampledLogitsInputs, sampledLogits} from './sampled-logits';

const given = (batch: number, width: number, count: number, seed = 1) =>
  [batch, batch, count].map((rows, index) => ({
    shape: [rows, width],
    values: seededValues(rows * width, 10 * seed + index),
  }));
const tensorsOf = (parts: {shape: number[]; values: ArrayLike<number>}[]) =>
  parts.map(({shape, values}) => tf.tensor<tf.Rank>(Float32Array.from(values), shape)) as tf.Tensor2D[];
const named = ([inputs, targets, samples]: tf.Tensor[]) => ({inputs, targets, samples}) as SampledLogitsInputs;
/** A scalar whose gradient differs from score to score. */
const scalarOf = (logits: tf.Tensor) => tf.sum(tf.square(tf.tanh(logits))) as tf.Scalar;

describe.each(backendsUnderTest)('sampledLogits on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test(`loss and gradients of a sampled softmax within 1e-5 of ${fixture.source}`, async () => {
    const parts = [fixture.inputs, fixture.targets, fixture.samples].map((rows) => ({
      shape: [rows.length, rows[0]!.length],
      values: rows.flat(),
    }));
    const labels = tf.zeros([fixture.inputs.length], 'int32');
    const loss = (...tensors: tf.Tensor[]) => sparseCrossEntropy({logits: sampledLogits(named(tensors)), labels});
    const {value, grads} = tf.valueAndGrads(loss)(tensorsOf(parts));
    expectClose(await value.data(), [fixture.loss], {relative: 1e-5});
    for (const [index, gradient] of fixture.gradients.entries()) {
      expectClose(await grads[index]!.data(), gradient, {relative: 1e-5});
    }
  });

  /** Scores, their scalar and the gradients, beside those of the reference. */
  const compare = async (batch: number, width: number, count: number, scalar: (logits: tf.Tensor) => tf.Scalar) => {
    const tensors = tensorsOf(given(batch, width, count));
    const [ours, theirs] = [sampledLogits, sampledLogitsReference].map((run) => {
      const {value, grads} = tf.valueAndGrads((...each: tf.Tensor[]) => scalar(run(named(each))))(tensors);
      return [run(named(tensors)), value, ...grads];
    });
    for (const [index, actual] of ours!.entries()) {
      expect(actual.shape).toEqual(theirs![index]!.shape);
      expectClose(await actual.data(), await theirs![index]!.data(), {relative: 1e-5});
    }
    tf.dispose([tensors, ours!, theirs!]);
  };

  test('any shape: scores and gradients within 1e-5 of the reference', async () => {
    const size = fc.integer({min: 1, max: 20});
    await fc.assert(
      fc.asyncProperty(size, size, size, (...sizes) => compare(...sizes, scalarOf)),
      {numRuns: 30, seed: 1},
    );
  });

  test.each([
    [256, 64, 128],
    [301, 70, 130],
  ])('B %i, D %i, K %i: scores and gradients within 1e-5 of the reference', async (batch, width, count) => {
    // Linear: scores of so many terms would saturate the other one.
    const weights = tf.tensor2d(seededValues(batch * (1 + count), 7), [batch, 1 + count]);
    await compare(batch, width, count, (logits) => tf.sum(tf.mul(logits, weights)) as tf.Scalar);
    weights.dispose();
  });

  test('B 128, D 128, K 64: scores within 1e-5 of the reference', async () => {
    const tensors = tensorsOf(given(128, 128, 64));
    const [actual, expected] = [sampledLogits(named(tensors)), sampledLogitsReference(named(tensors))];
    expectClose(await actual.data(), await expected.data(), {relative: 1e-5});
  });

  test('gradients agree with finite differences', async () => {
    const f = (...tensors: tf.Tensor[]) => tf.tidy(() => scalarOf(sampledLogits(named(tensors))));
    await checkGradient(f, given(3, 5, 2));
  });

  test('no inputs have no scores; no samples leave the targets', async () => {
    expect(sampledLogits(named(tensorsOf(given(0, 3, 2)))).shape).toEqual([0, 3]);
    const [inputs, targets] = tensorsOf([
      {shape: [1, 2], values: [2, 3]},
      {shape: [1, 2], values: [5, 7]},
    ]);
    const logits = sampledLogits({inputs: inputs!, targets: targets!, samples: tf.zeros([0, 2])});
    expect([...(await logits.data())]).toEqual([31]);
  });

  test('a NaN shows in the scores of its row alone', async () => {
    const [inputs, targets, samples] = tensorsOf(given(2, 3, 2));
    const broken = tf.concat([tf.fill([1, 3], Number.NaN), tf.slice(inputs!, [1, 0])], 0) as tf.Tensor2D;
    const values = await sampledLogits({inputs: broken, targets: targets!, samples: samples!}).data();
    expect([...values].map(Number.isNaN)).toEqual([true, true, true, false, false, false]);
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const [inputs, targets, samples] = tensorsOf(given(2, 3, 2)) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const wrong = tf.zeros<tf.Rank.R2>([2, 4]);
    expect(() => sampledLogits({inputs, targets: wrong, samples})).toThrow(ShapeError);
    expect(() => sampledLogits({inputs, targets: wrong, samples})).toThrow(
      'sampledLogits: targets is float32 [2, 4], expected float32 [2, 3]',
    );
    expect(() => sampledLogits({inputs, targets, samples: wrong})).toThrow(
      'samples is float32 [2, 4], expected float32 [K, 3]',
    );
  });

  test('nothing is left behind', async () => {
    const tensors = tensorsOf(given(4, 5, 3));
    await expectNoLeak(() => {
      for (let round = 0; round < 20; round++) {
        tf.dispose(tf.grads((...each: tf.Tensor[]) => scalarOf(sampledLogits(named(each))))(tensors));
        sampledLogits(named(tensors)).dispose();
      }
    });
  });
});
