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
import {sgdStep} from '../optimizer-step/optimizer-step';
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
    await startBackend(useBackend, backend);
  });

  const agrees = async (rows: number[], inputSize: number, outputSize: number, seed: number) => {
    await useBackend('cpu');
    const expected = await everything(linearReference, inputs(rows, inputSize, outputSize, seed));
    await startBackend(useBackend, backend);
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
    [[1], 40, 1024],
    [[3], 25, 1003],
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

  test('gradient within 2e-5 of finite differences', async () => {
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

  test('no rows give no rows, and gradients of zeros', async () => {
    const [y, , kernelGradient, biasGradient] = await everything(linear, inputs([0], 3, 2, 1));
    expect(y).toHaveLength(0);
    expect([...kernelGradient!, ...biasGradient!]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(linear(inputs([4, 0], 3, 2, 1)).shape).toEqual([4, 0, 2]);
  });

  test('rows of no values are rows of the bias, whose gradient their number is a factor of', async () => {
    await agrees([4], 0, 3, 1);
    await agrees([2, 3], 0, 3, 1);
    const {bias, ...given} = inputs([2], 0, 3, 1);
    const both = [...(await linear({...given, bias}).data())];
    const once = [...(await bias.data())];
    expect(both).toEqual([...once, ...once]);
  });

  test.each([
    [1, 129, 515],
    [3, 515, 129],
  ])('%i rows, I %i, O %i: result and gradients within 1e-5 of the reference', async (rows, inputSize, outputSize) => {
    await agrees([rows], inputSize, outputSize, 1);
  });

  test('a vector is one row', async () => {
    const y = linear({x: tf.tensor1d([1, 2]), kernel: tf.tensor2d([1, 0, 2, 0, 1, 3], [2, 3]), bias: tf.ones([3])});
    expect(y.shape).toEqual([3]);
    expect([...(await y.data())]).toEqual([2, 3, 9]);
  });

  test('the same input twice gives the same bits', async () => {
    expect(await everything(linear, inputs([7], 13, 11, 1))).toEqual(await everything(linear, inputs([7], 13, 11, 1)));
  });

  test('NaN in a row is NaN in that row of the result, and of no other', async () => {
    const {kernel, bias} = inputs([2], 3, 5, 1);
    const y = await linear({x: tf.tensor2d([Number.NaN, 1, 1, 1, 1, 1], [2, 3]), kernel, bias}).data();
    expect([...y.subarray(0, 5)].every(Number.isNaN)).toBe(true);
    expect([...y.subarray(5)].every(Number.isFinite)).toBe(true);
  });

  test('a product is fresh after its kernel was changed in place', async () => {
    const kernel = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const x = tf.tensor2d([1, 1], [1, 2]);
    const bias = tf.zeros([2]) as tf.Tensor1D;
    expect([...(await linear({x, kernel: kernel as tf.Tensor as tf.Tensor2D, bias}).data())]).toEqual([4, 6]);
    sgdStep({parameters: [kernel], gradients: [tf.tensor2d([-9, -18, -27, -36], [2, 2])], learningRate: 1});
    expect([...(await linear({x, kernel: kernel as tf.Tensor as tf.Tensor2D, bias}).data())]).toEqual([40, 60]);
    kernel.dispose();
  });

  test('shapes that do not fit are errors that say what came and what was expected', () => {
    const given = inputs([4], 3, 2, 1);
    expect(() => linear({...given, x: tf.zeros([4, 5])})).toThrow(ShapeError);
    expect(() => linear({...given, x: tf.zeros([4, 5])})).toThrow('x is float32 [4, 5], expected float32 [..., 3]');
    expect(() => linear({...given, x: tf.zeros([4, 3], 'int32')})).toThrow('x is int32 [4, 3], expected float32');
    expect(() => linear({...given, x: undefined as unknown as tf.Tensor})).toThrow('x is undefined, expected float32');
    expect(() => linear({...given, kernel: tf.zeros([3]) as tf.Tensor as tf.Tensor2D})).toThrow(
      'kernel is float32 [3], expected float32 [I, O]',
    );
    expect(() => linear({...given, bias: tf.zeros([3])})).toThrow('bias is float32 [3], expected float32 [2]');
    given.kernel.dispose();
    expect(() => linear(given)).toThrow('kernel is a disposed float32 [3, 2], expected float32 [I, O]');
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      for (let round = 0; round < 10; round++) await everything(linear, inputs([6], 5, 4, round));
    });
  });
});
