import {
  backendsUnderTest,
  checkGradient,
  clampsIds,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import fixture from './fixtures/cross-entropy.json';
import {sparseCrossEntropyReference} from './reference';
import {type Reduction, type SparseCrossEntropyInputs, sparseCrossEntropy} from './sparse-cross-entropy';

function inputs(shape: number[], classes: number, seed = 1): {logits: tf.Tensor; labels: tf.Tensor} {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    logits: tf.tensor(seededValues(count * classes, seed, 4), [...shape, classes]),
    labels: tf.tensor(seededIds(count, classes, seed + 1), shape, 'int32'),
  };
}

/** The loss, and the gradient of its sum weighted by position. */
async function everything(
  f: (inputs: SparseCrossEntropyInputs) => tf.Tensor,
  {logits, labels}: {logits: tf.Tensor; labels: tf.Tensor},
  reduction: Reduction,
): Promise<Float32Array[]> {
  const loss = f({logits, labels, reduction});
  const gradient = tf.grad((moved) => {
    const value = f({logits: moved, labels, reduction});
    return tf.sum(tf.mul(value, tf.tensor(seededValues(value.size, 9), value.shape)));
  })(logits);
  const numbers = await Promise.all([loss, gradient].map(async (each) => (await each.data()).slice() as Float32Array));
  tf.dispose([loss, gradient, logits, labels]);
  return numbers;
}

describe.each(backendsUnderTest)('sparseCrossEntropy on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const agrees = async (shape: number[], classes: number, reduction: Reduction, seed?: number) => {
    await useBackend('cpu');
    const expected = await everything(sparseCrossEntropyReference, inputs(shape, classes, seed), reduction);
    await startBackend(useBackend, backend);
    const actual = await everything(sparseCrossEntropy, inputs(shape, classes, seed), reduction);
    expect(actual).toHaveLength(2);
    actual.forEach((part, index) => {
      expectClose(part, expected[index]!, {relative: 1e-5, absolute: 1e-6});
    });
  };

  const shapes: [number[], number][] = [
    [[], 5],
    [[1], 1],
    [[3], 2],
    [[5], 27],
    [[10, 64], 27],
    [[2, 3, 4], 13],
    [[7], 729],
  ];
  const reductions: Reduction[] = ['mean', 'sum', 'none'];
  test.each(shapes.flatMap(([shape, classes]) => reductions.map((reduction) => ({shape, classes, reduction}))))(
    '$shape labels of $classes, $reduction: loss and gradient within 1e-5 of the reference',
    ({shape, classes, reduction}) => agrees(shape, classes, reduction),
  );

  test('any shape: loss and gradient within 1e-5 of the reference', async () => {
    const shape = fc.array(fc.integer({min: 1, max: 9}), {maxLength: 3});
    await fc.assert(
      fc.asyncProperty(shape, fc.integer({min: 1, max: 70}), fc.constantFrom(...reductions), fc.nat(1000), agrees),
      {numRuns: 25, seed: 20261123},
    );
  });

  test(`losses and gradient within 1e-5 of ${fixture.source}`, async () => {
    const logits = tf.tensor2d(fixture.logits);
    const labels = tf.tensor1d(fixture.labels, 'int32');
    expectClose(await sparseCrossEntropy({logits, labels, reduction: 'none'}).data(), fixture.losses, {relative: 1e-5});
    expectClose(await sparseCrossEntropy({logits, labels}).data(), [fixture.mean], {relative: 1e-5});
    const gradient = tf.grad((moved) => sparseCrossEntropy({logits: moved, labels}))(logits);
    expectClose(await gradient.data(), fixture.gradientOfMean, {relative: 1e-5});
  });

  test('gradient within 2e-5 of finite differences', async () => {
    const labels = tf.tensor1d([0, 4, 2], 'int32');
    await checkGradient(
      (logits) => tf.tidy(() => sparseCrossEntropy({logits: logits!, labels}) as tf.Scalar),
      [{shape: [3, 5], values: seededValues(15, 1, 2)}],
    );
  });

  test('logits of ten thousand neither overflow nor lose the loss', async () => {
    const logits = tf.tensor2d([1e4, -1e4, 0, -1e4, 1e4, 0], [2, 3]);
    const losses = await sparseCrossEntropy({logits, labels: tf.tensor1d([0, 0], 'int32'), reduction: 'none'}).data();
    expectClose(losses, [0, 2e4], {relative: 1e-6});
    const labels = tf.tensor1d([0, 0], 'int32');
    const slope = tf.grad((moved) => sparseCrossEntropy({logits: moved, labels, reduction: 'sum'}))(logits);
    expectClose(await slope.data(), [0, 0, 0, -1, 1, 0], {relative: 1e-6});
  });

  test('classes ruled out by minus infinity have no part in it', async () => {
    const logits = tf.tensor2d([Number.NEGATIVE_INFINITY, 0, 0, 0, 0, Number.NEGATIVE_INFINITY], [1, 6]);
    const labels = tf.tensor1d([1], 'int32');
    expectClose(await sparseCrossEntropy({logits, labels}).data(), [Math.log(4)], {relative: 1e-6});
    const slope = tf.grad((moved) => sparseCrossEntropy({logits: moved, labels}))(logits);
    expectClose(await slope.data(), [0, -0.75, 0.25, 0.25, 0.25, 0], {relative: 1e-6});
    const ruledOut = sparseCrossEntropy({logits, labels: tf.tensor1d([0], 'int32')});
    expect([...(await ruledOut.data())]).toEqual([Number.POSITIVE_INFINITY]);
  });

  test('no labels: the sum is 0, the mean NaN, none an empty list, the gradient empty', async () => {
    const logits = tf.zeros([0, 3]);
    const labels = tf.zeros([0], 'int32');
    expect([...(await sparseCrossEntropy({logits, labels, reduction: 'sum'}).data())]).toEqual([0]);
    expect([...(await sparseCrossEntropy({logits, labels}).data())]).toEqual([Number.NaN]);
    expect(sparseCrossEntropy({logits, labels, reduction: 'none'}).shape).toEqual([0]);
    const slope = tf.grad((moved) => sparseCrossEntropy({logits: moved, labels, reduction: 'sum'}))(logits);
    expect(slope.shape).toEqual([0, 3]);
  });

  test('the same input twice gives the same bits', async () => {
    const once = () => everything(sparseCrossEntropy, inputs([9], 27), 'mean');
    expect(await once()).toEqual(await once());
  });

  test('NaN in a row is NaN in its loss', async () => {
    const logits = tf.tensor2d([Number.NaN, 1, 2, 1, 2, 3], [2, 3]);
    const losses = await sparseCrossEntropy({logits, labels: tf.tensor1d([1, 1], 'int32'), reduction: 'none'}).data();
    expect(losses[0]).toBeNaN();
    expect(Number.isFinite(losses[1])).toBe(true);
    const labels = tf.tensor1d([1, 1], 'int32');
    const slope = tf.grad((moved) => sparseCrossEntropy({logits: moved, labels, reduction: 'sum'}))(logits);
    const numbers = [...(await slope.data())];
    expect(numbers.slice(0, 3).every(Number.isNaN)).toBe(true);
    expect(numbers.slice(3).every(Number.isFinite)).toBe(true);
  });

  test('a label outside the classes is an error that names it, or clamped', async () => {
    for (const bad of [3, -1]) {
      const logits = tf.tensor2d([1, 2, 3, 4, 5, 7], [2, 3]);
      const attempt = (label = bad) => sparseCrossEntropy({logits, labels: tf.tensor1d([0, label], 'int32')});
      if (clampsIds(backend)) {
        expect(await attempt().data()).toEqual(await attempt(bad < 0 ? 0 : 2).data());
        continue;
      }
      expect(attempt).toThrow(IdRangeError);
      expect(attempt).toThrow(`labels has id ${bad} at position 1, expected ids from 0 to 2`);
    }
  });

  test('shapes and dtypes that do not fit are errors that say what came and what was expected', () => {
    const logits = tf.zeros([2, 3]);
    expect(() => sparseCrossEntropy({logits, labels: tf.zeros([3], 'int32')})).toThrow(ShapeError);
    expect(() => sparseCrossEntropy({logits, labels: tf.zeros([3], 'int32')})).toThrow(
      'labels is int32 [3], expected int32 [2]',
    );
    expect(() => sparseCrossEntropy({logits, labels: tf.zeros([2])})).toThrow(
      'labels is float32 [2], expected int32 [2]',
    );
    expect(() => sparseCrossEntropy({logits: tf.zeros([2, 0]), labels: tf.zeros([2], 'int32')})).toThrow(ShapeError);
    expect(() => sparseCrossEntropy({logits: tf.scalar(1), labels: tf.scalar(0, 'int32')})).toThrow(
      'logits is float32 [], expected float32 [..., V] with V at least 1',
    );
    expect(() => sparseCrossEntropy({logits: undefined as unknown as tf.Tensor, labels: logits})).toThrow(
      'logits is undefined, expected float32 [..., V]',
    );
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      for (const reduction of reductions) await everything(sparseCrossEntropy, inputs([4], 5), reduction);
      const {logits, labels} = inputs([4], 5);
      const narrow = tf.zeros([4, 1]);
      if (!clampsIds(backend)) expect(() => sparseCrossEntropy({logits: narrow, labels})).toThrow(IdRangeError);
      tf.dispose([logits, labels, narrow]);
    });
  });
});
