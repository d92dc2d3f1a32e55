import {backendsUnderTest, checkGradient, expectClose, expectNoLeak, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {type BackendName, useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {type LinearInputs, linear} from './linear';
import {linearReference} from './reference';

function inputs(rows: number[], inputSize: number, outputSize: number, seed: number): LinearInputs {
  const count = rows.reduce((product, size) => product * size, 1);
  return {
    x: tf.tensor(seededValues(count * inputSize, seed), [...rows, inputSize]),
    kernel: tf.tensor2d(seededValues(inputSize * outputSize, seed + 1), [inputSize, outputSize]),
    bias: tf.tensor1d(seededValues(outputSize, seed + 2)),
  };
}

/** The outputs, and the gradients of the sum of their squares. */
async function everything(f: (inputs: LinearInputs) => tf.Tensor, given: LinearInputs): Promise<Float32Array[]> {
  const y = f(given);
  const found = tf.grads((x, kernel, bias) =>
    tf.sum(tf.square(f({x: x!, kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D}))),
  )([given.x, given.kernel, given.bias]);
  const numbers = await Promise.all([y, ...found].map(async (each) => (await each.data()).slice() as Float32Array));
  tf.dispose([y, found, given.x, given.kernel, given.bias]);
  return numbers;
}

describe.each(backendsUnderTest)('linear on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend as BackendName);
  });

  const agrees = async (rows: number[], inputSize: number, outputSize: number, seed: number) => {
    await useBackend('cpu');
    const expected = await everything(linearReference, inputs(rows, inputSize, outputSize, seed));
    await useBackend(backend as BackendName);
    const actual = await everything(linear, inputs(rows, inputSize, outputSize, seed));
    expect(actual).toHaveLength(4);
    actual.forEach((part, index) => {
      expectClose(part, expected[index]!, {relative: 1e-5});
    });
  };

  test.each([
    [[1], 1, 1],
    [[5], 3, 7],
    [[64], 64, 27],
    [[10, 64], 64, 27],
    [[2, 3, 4], 9, 17],
    [[130], 300, 65],
  ])('rows %j, I %i, O %i: result and gradients within 1e-5 of the reference', async (rows, inputSize, outputSize) => {
    await agrees(rows as number[], inputSize as number, outputSize as number, 1);
  });

  test('any shape: result and gradients within 1e-5 of the reference', async () => {
    const size = fc.integer({min: 1, max: 40});
    await fc.assert(
      fc.asyncProperty(size, size, size, (rows, inputSize, outputSize) => agrees([rows], inputSize, outputSize, rows)),
      {
        numRuns: 25,
        seed: 20261123,
      },
    );
  });

  test('gradient within 2e-3 of finite differences', async () => {
    const shapes = [[4, 5], [5, 3], [3]];
    await checkGradient(
      (x, kernel, bias) =>
        tf.tidy(() => tf.sum(tf.square(linear({x: x!, kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D})))),
      shapes.map((shape, index) => ({
        shape,
        values: seededValues(
          shape.reduce((a, b) => a * b),
          index,
        ),
      })),
    );
  });

  test('no rows give no rows', () => {
    expect(linear({x: tf.zeros([0, 3]), kernel: tf.zeros([3, 2]), bias: tf.zeros([2])}).shape).toEqual([0, 2]);
  });

  test('a product is fresh after its kernel was changed in place', async () => {
    const kernel = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const x = tf.tensor2d([1, 1], [1, 2]);
    const bias = tf.zeros([2]) as tf.Tensor1D;
    expect([...(await linear({x, kernel: kernel as tf.Tensor as tf.Tensor2D, bias}).data())]).toEqual([4, 6]);
    kernel.assign(tf.tensor2d([10, 20, 30, 40], [2, 2]));
    expect([...(await linear({x, kernel: kernel as tf.Tensor as tf.Tensor2D, bias}).data())]).toEqual([40, 60]);
  });

  test('shapes that do not fit are errors that say what came and what was expected', () => {
    const given = inputs([4], 3, 2, 1);
    expect(() => linear({...given, x: tf.zeros([4, 5])})).toThrow(ShapeError);
    expect(() => linear({...given, x: tf.zeros([4, 5])})).toThrow('x is float32 [4, 5], expected float32 [..., 3]');
    expect(() => linear({...given, bias: tf.zeros([3])})).toThrow('bias is float32 [3], expected float32 [2]');
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      for (let round = 0; round < 10; round++) await everything(linear, inputs([6], 5, 4, round));
    });
  });
});
