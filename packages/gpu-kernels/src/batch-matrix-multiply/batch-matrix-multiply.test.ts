import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {useBackend} from '../backends/use-backend';
import fixture from './fixtures/products.json';

type Activation = NonNullable<Parameters<typeof tf.fused.matMul>[0]['activation']>;

interface Product {
  a: number[];
  b: number[];
  transposeA: boolean;
  transposeB: boolean;
}

function factors({a, b}: Product): [tf.Tensor, tf.Tensor] {
  const random = (shape: number[], seed: number) => tf.tensor(seededValues(tf.util.sizeFromShape(shape), seed), shape);
  return [random(a, 1), random(b, 2)];
}

describe.each(backendsUnderTest.filter((name) => name.startsWith('wasm')))('matMul on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  /** The same computation on cpu, by tfjs's own kernel, whose bias and batches are right. */
  const onBoth = async (compute: () => tf.Tensor) => {
    const results: [number[], Float32Array][] = [];
    for (const name of ['cpu', backend]) {
      await startBackend(useBackend, name);
      const result = compute();
      results.push([result.shape, (await result.data()).slice() as Float32Array]);
      result.dispose();
    }
    const [[shape, expected], [actualShape, actual]] = results as [[number[], Float32Array], [number[], Float32Array]];
    expect(actualShape).toEqual(shape);
    expectClose(actual, expected, {relative: 1e-5});
  };

  test.each(fixture.cases)('$a.shape by $b.shape, $transposeA, $transposeB, as NumPy', async (each) => {
    const [a, b] = [each.a, each.b].map(({values, shape}) => tf.tensor(values, shape)) as [tf.Tensor, tf.Tensor];
    const product = tf.matMul(a, b, each.transposeA, each.transposeB);
    expect(product.shape).toEqual(each.product.shape);
    expectClose(await product.data(), each.product.values, {relative: 1e-5});
  });

  test('any shape within 1e-5 of tfjs on cpu', async () => {
    const size = fc.integer({min: 1, max: 70});
    const batch = fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[3], [3]],
      [[1], [2]],
      [[2], [1]],
      [
        [2, 2],
        [2, 2],
      ],
    );
    const shapes = fc.tuple(batch, size, size, size, fc.boolean(), fc.boolean());
    await fc.assert(
      fc.asyncProperty(shapes, ([[left, right], rows, depth, columns, transposeA, transposeB]) => {
        const a = [...left, ...(transposeA ? [depth, rows] : [rows, depth])];
        const b = [...right, ...(transposeB ? [columns, depth] : [depth, columns])];
        return onBoth(() =>
          tf.tidy(() => tf.matMul(...factors({a, b, transposeA, transposeB}), transposeA, transposeB)),
        );
      }),
      {numRuns: 40, seed: 20261123},
    );
  });

  const activations: Activation[] = ['linear', 'relu', 'relu6', 'leakyrelu', 'prelu', 'sigmoid', 'elu'];
  const products: Product[] = [
    {a: [3, 100], b: [5, 100], transposeA: false, transposeB: true},
    {a: [100, 3], b: [100, 5], transposeA: true, transposeB: false},
    {a: [2, 3, 100], b: [2, 100, 5], transposeA: false, transposeB: false},
    {a: [3, 100], b: [100, 5], transposeA: false, transposeB: false},
  ];
  test.each(activations.flatMap((activation) => products.map((product) => ({activation, ...product}))))(
    'fused.matMul with $activation, $a by $b, adds its bias once',
    async ({activation, ...product}) => {
      await onBoth(() =>
        tf.tidy(() => {
          const [a, b] = factors(product);
          const bias = tf.tensor1d(seededValues(5, 3, 4));
          const preluActivationWeights = activation === 'prelu' ? tf.tensor1d(seededValues(5, 4)) : undefined;
          const {transposeA, transposeB} = product;
          return tf.fused.matMul({a, b, bias, transposeA, transposeB, activation, preluActivationWeights} as never);
        }),
      );
    },
  );

  test('the gradient of a batch of products within 1e-5 of tfjs on cpu', async () => {
    const product = {a: [3, 4, 7], b: [3, 7, 5], transposeA: false, transposeB: false};
    for (const wanted of [0, 1]) {
      await onBoth(() =>
        tf.tidy(() => tf.grads((a, b) => tf.sum(tf.square(tf.matMul(a!, b!))))(factors(product))[wanted]!),
      );
    }
  });

  test.each([
    [
      [0, 3],
      [2, 3],
    ],
    [
      [4, 0],
      [2, 0],
    ],
    [
      [4, 3],
      [0, 3],
    ],
    [
      [0, 4, 3],
      [0, 2, 3],
    ],
  ])('empty: %j by %j transposed', async (a, b) => {
    const product = tf.matMul(tf.zeros(a), tf.zeros(b), false, true);
    expect(product.shape).toEqual([...a.slice(0, -1), b.at(-2)]);
    expect((await product.data()).every((value) => value === 0)).toBe(true);
  });

  test('NaN in a row is NaN in that row of the product, and of no other', async () => {
    const a = tf.tensor2d([Number.NaN, 1, 1, 1, 1, 1], [2, 3]);
    const product = await tf.matMul(a, tf.ones([5, 3]), false, true).data();
    expect([...product]).toEqual([...Array(5).fill(Number.NaN), ...Array(5).fill(3)]);
  });

  test('what does not fit is the error of tfjs', () => {
    expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 4]), false, true)).toThrow('inner shapes (3) and (4)');
    expect(() => tf.matMul(tf.ones([2, 3], 'int32'), tf.ones([2, 3], 'int32'), false, true)).toThrow('float32');
    expect(() => tf.matMul(tf.ones([2, 2, 3]), tf.ones([3, 2, 3]), false, true)).toThrow('broadcast');
  });

  test('a single product of matrices as they lie stays with tfjs, and what it packed is fresh', async () => {
    const [a, b] = [tf.ones([1, 2]), tf.ones([2, 2])];
    expect([...(await tf.matMul(a, b).data())]).toEqual([2, 2]);
    expect([...(await tf.matMul(a, b, false, true).data())]).toEqual([2, 2]);
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(() => {
      for (const product of products) {
        const {transposeA, transposeB} = product;
        tf.tidy(() => {
          const [a, b] = factors(product);
          tf.matMul(a, b, transposeA, transposeB);
          tf.fused.matMul({a, b, bias: tf.ones([5]), transposeA, transposeB, activation: 'relu'});
        });
      }
    });
  });
});

test('taking the place of kernels of tfjs is not warned about', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  tf.env().set('PROD', false);
  try {
    vi.resetModules();
    const again = await import('../kernels');
    again.registerKernels();
    const replaced = ['BatchMatMul', '_FusedMatMul', 'UnsortedSegmentSum'];
    expect(warned.mock.calls.flat().filter((line) => replaced.some((name) => String(line).includes(name)))).toEqual([]);
  } finally {
    tf.env().set('PROD', true);
    warned.mockRestore();
  }
});
