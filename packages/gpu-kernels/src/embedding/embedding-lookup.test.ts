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
import fc from 'fast-check';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import {adagradStep} from '../optimizer-step/optimizer-step';
import {embeddingLookup} from './embedding-lookup';
import fixture from './fixtures/embedding.json';
import {embeddingLookupReference, sumRowsReference} from './reference';
import {isSparseRows, type SparseRows} from './sparse-rows';
import {sumRows, valueAndGradients} from './value-and-gradients';

const tableOf = (values: ArrayLike<number>, shape: number[]) =>
  tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), shape))) as unknown as tf.Variable<tf.Rank.R2>;

/** A function of rows whose gradient differs from value to value. */
const lossOf = (rows: tf.Tensor) => tf.sum(tf.square(tf.tanh(rows))) as tf.Scalar;

/** Rows by their ids, without those that count for nothing. */
async function byId(rows: tf.Tensor | SparseRows): Promise<Map<number, number[]>> {
  if (!isSparseRows(rows)) throw new Error('The gradient is dense.');
  const [ids, values] = [await rows.ids.data(), await rows.values.data()];
  const width = rows.values.shape[1]!;
  const found = new Map<number, number[]>();
  ids.forEach((id, row) => {
    const gradient = [...values.slice(row * width, (row + 1) * width)];
    if (id === -1) expect(gradient).toEqual(gradient.map(() => 0));
    else {
      expect(found.has(id)).toBe(false);
      found.set(id, gradient);
    }
  });
  return found;
}

function expectSame(actual: Map<number, number[]>, expected: Map<number, ArrayLike<number>>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [id, values] of actual) expectClose(values, expected.get(id)!, {relative: 1e-5, absolute: 1e-6});
}

describe.each(backendsUnderTest)('embeddingLookup on %s', (backend) => {
  const clamps = ['webgpu', 'webgl'].includes(backend);
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  afterEach(() => tf.disposeVariables());

  test(`rows, loss and sparse gradient within 1e-5 of ${fixture.source}`, async () => {
    const table = tableOf(fixture.table, fixture.shape);
    const ids = tf.tensor2d(fixture.ids, [2, 3], 'int32');
    const rows = embeddingLookup({table, ids});
    expect(rows.shape).toEqual([2, 3, 5]);
    expectClose(await rows.data(), fixture.rows, {relative: 1e-5});
    const {value, gradients} = valueAndGradients(() => lossOf(embeddingLookup({table, ids})), [table]);
    expectClose(await value.data(), [fixture.loss], {relative: 1e-5});
    const expected = fixture.gradient.ids.map((id, row) => [id, fixture.gradient.values[row]!] as const);
    expectSame(await byId(gradients[0]!), new Map(expected));
  });

  const sizes = fc.integer({min: 1, max: 9});
  const shapes = fc.record({
    size: sizes,
    width: sizes,
    ids: fc.array(fc.integer({min: 0, max: 5}), {maxLength: 3}),
    seed: fc.nat({max: 99}),
  });

  test('any shape: rows are those of the reference', async () => {
    const property = fc.asyncProperty(shapes, async ({size, width, ids: shape, seed}) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const table = tf.tensor2d(seededValues(size * width, seed), [size, width]);
      const ids = tf.tensor(seededIds(count, size, seed), shape, 'int32');
      const [actual, expected] = [embeddingLookup({table, ids}), embeddingLookupReference(table, ids)];
      expect(actual.shape).toEqual([...shape, width]);
      expect([...(await actual.data())]).toEqual([...(await expected.data())]);
      tf.dispose([table, ids, actual, expected]);
    });
    await fc.assert(property, {numRuns: 30, seed: 1});
  });

  test('any lists of rows: sums within 1e-5 of the reference', async () => {
    const lists = fc.record({
      size: fc.integer({min: 1, max: 300}),
      width: sizes,
      counts: fc.array(fc.integer({min: 0, max: 40}), {minLength: 1, maxLength: 3}),
    });
    const property = fc.asyncProperty(lists, async ({size, width, counts}) => {
      const parts = counts.map((count, index) => ({
        ids: tf.tensor1d(seededIds(count, size, index), 'int32'),
        values: tf.tensor2d(seededValues(count * width, index), [count, width]),
      }));
      const [actual, expected] = [sumRows(parts), sumRowsReference(parts)];
      expectSame(await byId(actual), await byId(expected));
      tf.dispose([...parts, actual, expected]);
    });
    await fc.assert(property, {numRuns: 30, seed: 1});
  });

  test('any shape: sparse and dense gradients within 1e-5 of each other', async () => {
    const property = fc.asyncProperty(sizes, sizes, fc.nat({max: 12}), async (size, width, count) => {
      const table = tableOf(seededValues(size * width, 1), [size, width]);
      const ids = tf.tensor1d(seededIds(count, size, 2), 'int32');
      const {gradients} = valueAndGradients(() => lossOf(embeddingLookup({table, ids})), [table]);
      const [dense] = tf.grads((x: tf.Tensor) => lossOf(embeddingLookup({table: x as tf.Tensor2D, ids})))([table]);
      const values = await dense!.data();
      const row = (id: number) => values.slice(id * width, (id + 1) * width);
      expectSame(await byId(gradients[0]!), new Map([...(await ids.data())].map((id) => [id, row(id)])));
      tf.dispose([table, ids, dense!, gradients]);
    });
    await fc.assert(property, {numRuns: 30, seed: 1});
  });

  test('a thousand ids, most of them again and again, are summed right', async () => {
    const ids = tf.tensor1d(seededIds(1000, 300, 5), 'int32');
    const table = tableOf(seededValues(300 * 6, 4), [300, 6]);
    const {gradients} = valueAndGradients(() => tf.sum(embeddingLookup({table, ids})) as tf.Scalar, [table]);
    const counts = new Map<number, number>();
    for (const id of await ids.data()) counts.set(id, (counts.get(id) ?? 0) + 1);
    expectSame(await byId(gradients[0]!), new Map([...counts].map(([id, count]) => [id, new Array(6).fill(count)])));
  });

  test('the dense gradient agrees with finite differences', async () => {
    const ids = tf.tensor2d([3, 0, 3, 1], [2, 2], 'int32');
    const f = (table: tf.Tensor) => tf.tidy(() => lossOf(embeddingLookup({table: table as tf.Tensor2D, ids})));
    await checkGradient(f, [{shape: [4, 3], values: seededValues(12, 1)}]);
  });

  test('several look-ups of one table, and of two, each in its own gradient', async () => {
    const [first, second] = [tableOf(seededValues(12, 1), [4, 3]), tableOf(seededValues(15, 2), [5, 3])];
    const ids = [
      [1, 2],
      [2, 3],
      [4, 4],
    ].map((each) => tf.tensor1d(each, 'int32'));
    const loss = (one: tf.Tensor, two: tf.Tensor) => {
      const rows = [one, one, two].map((table, at) => embeddingLookup({table: table as tf.Tensor2D, ids: ids[at]!}));
      return tf.sum(tf.tanh(tf.mul(tf.add(rows[0]!, rows[1]!), rows[2]!))) as tf.Scalar;
    };
    const {gradients} = valueAndGradients(() => loss(first, second), [second, first]);
    const dense = tf.grads(loss)([second, first].toReversed()).toReversed();
    for (const [index, wanted] of [[4], [1, 2, 3]].entries()) {
      const values = await dense[index]!.data();
      const rows = new Map(wanted.map((id) => [id, values.slice(3 * id, 3 * id + 3)]));
      expectSame(await byId(gradients[index]!), rows);
    }
  });

  test('a table that is used as a whole too (tied weights) has the whole, dense gradient', async () => {
    const table = tableOf(seededValues(12, 1), [4, 3]);
    const ids = tf.tensor1d([1, 3, 1], 'int32');
    const loss = (x: tf.Tensor) =>
      tf.sum(tf.tanh(tf.matMul(embeddingLookup({table: x as tf.Tensor2D, ids}), x, false, true))) as tf.Scalar;
    const {value, gradients} = valueAndGradients(() => loss(table), [table]);
    const expected = tf.valueAndGrad(loss)(table);
    expectClose(await value.data(), await expected.value.data(), {relative: 1e-6});
    expect(isSparseRows(gradients[0]!)).toBe(false);
    expectClose(await (gradients[0] as tf.Tensor).data(), await expected.grad.data(), {relative: 1e-5});
  });

  test('within another gradient the look-ups belong to it', async () => {
    const table = tableOf(seededValues(12, 1), [4, 3]);
    const ids = tf.tensor1d([1, 3], 'int32');
    const slope = tf.grad((x) => lossOf(embeddingLookup({table: x as tf.Tensor2D, ids})));
    let inner: tf.Tensor | undefined;
    const {gradients} = valueAndGradients(() => {
      inner = tf.keep(slope(table));
      return lossOf(embeddingLookup({table, ids}));
    }, [table]);
    const values = await slope(table).data();
    expectClose(await inner!.data(), values, {relative: 1e-6});
    expectSame(await byId(gradients[0]!), new Map([1, 3].map((id) => [id, values.slice(3 * id, 3 * id + 3)])));
    const outer = tf.grad((x) => {
      const {gradients: dense} = valueAndGradients(() => lossOf(embeddingLookup({table, ids})), [table]);
      inner = tf.keep(dense[0] as tf.Tensor);
      return tf.sum(x);
    })(table);
    expectClose(await inner!.data(), values, {relative: 1e-6});
    expect([...(await outer.data())]).toEqual(new Array(12).fill(1));
  });

  test('rows and dense gradients train together', async () => {
    const table = tableOf(seededValues(12, 1), [4, 3]);
    const weights = tableOf(seededValues(3, 2), [3, 1]);
    const parameters = [table, weights] as unknown as tf.Variable[];
    const accumulators = parameters.map(({shape}) => tf.tidy(() => tf.variable(tf.fill(shape, 0.1))));
    const ids = tf.tensor1d([0, 2, 2], 'int32');
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const {value, gradients} = valueAndGradients(() => {
        const scores = tf.matMul(embeddingLookup({table, ids}) as tf.Tensor2D, weights);
        return tf.mean(tf.square(tf.sub(scores, tf.tensor2d([1, -1, -1], [3, 1])))) as tf.Scalar;
      }, parameters);
      adagradStep({parameters, gradients, accumulators, learningRate: 0.2, epsilon: 1e-7, clipNorm: 5});
      losses.push((await value.data())[0]!);
    }
    expect(losses.at(-1)).toBeLessThan(0.01);
    expect([...(await table.data())].slice(3, 6)).toEqual([...seededValues(12, 1)].slice(3, 6));
  });

  test('a NaN in a row shows in its gradient alone', async () => {
    const table = tableOf([Number.NaN, 1, 2], [3, 1]);
    const ids = tf.tensor1d([0, 2], 'int32');
    const {gradients} = valueAndGradients(() => lossOf(embeddingLookup({table, ids})), [table]);
    const rows = await byId(gradients[0]!);
    expect(rows.get(0)).toEqual([Number.NaN]);
    expect(Number.isFinite(rows.get(2)![0])).toBe(true);
  });

  test('no ids are no rows', async () => {
    const table = tableOf([1, 2], [2, 1]);
    const ids = tf.zeros([2, 0], 'int32');
    expect(embeddingLookup({table, ids}).shape).toEqual([2, 0, 1]);
    const {gradients} = valueAndGradients(() => tf.sum(embeddingLookup({table, ids})) as tf.Scalar, [table]);
    expect(await byId(gradients[0]!)).toEqual(new Map());
    adagradStep({
      parameters: [table as unknown as tf.Variable],
      gradients,
      accumulators: [tf.variable(tf.ones([2, 1]))],
      learningRate: 1,
      epsilon: 0,
    });
    expect([...(await table.data())]).toEqual([1, 2]);
  });

  test('an id outside the table is an error, or the nearest row where ids cannot be read', async () => {
    const table = tf.tensor2d([1, 2, 3], [3, 1]);
    const look = () => embeddingLookup({table, ids: tf.tensor1d([1, 3, -1], 'int32')});
    if (clamps) expect([...(await look().data())]).toEqual([2, 3, 1]);
    else {
      expect(look).toThrow(IdRangeError);
      expect(look).toThrow('embeddingLookup: ids has id 3 at position 1, expected ids from 0 to 2');
    }
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const table = tf.zeros<tf.Rank.R2>([3, 1]);
    expect(() => embeddingLookup({table, ids: tf.tensor1d([1])})).toThrow(ShapeError);
    expect(() => embeddingLookup({table, ids: tf.tensor1d([1])})).toThrow(
      'embeddingLookup: ids is float32 [1], expected int32 of any shape',
    );
    const vector = tf.zeros([3]) as tf.Tensor as tf.Tensor2D;
    expect(() => embeddingLookup({table: vector, ids: tf.tensor1d([1], 'int32')})).toThrow(
      'embeddingLookup: table is float32 [3], expected float32 [V, D]',
    );
    const variable = tableOf([1], [1, 1]);
    const unused = tableOf([1], [1, 1]);
    const ids = tf.tensor1d([0], 'int32');
    expect(() => valueAndGradients(() => embeddingLookup({table: variable, ids}) as tf.Scalar, [variable])).toThrow(
      'valueAndGradients: the loss is float32 [1, 1], expected a scalar',
    );
    expect(() => valueAndGradients(() => lossOf(embeddingLookup({table: variable, ids})), [variable, unused])).toThrow(
      `the loss does not depend on ${unused.name} [1, 1]; leave it out`,
    );
  });

  test('nothing is left behind, nor when the loss throws', async () => {
    const table = tableOf(seededValues(12, 1), [4, 3]);
    const ids = tf.tensor1d([1, 3, 1], 'int32');
    const tied = (x: tf.Tensor2D) => tf.matMul(embeddingLookup({table: x, ids}) as tf.Tensor2D, x, false, true);
    await expectNoLeak(() => {
      for (let round = 0; round < 20; round++) {
        tf.dispose(valueAndGradients(() => lossOf(embeddingLookup({table, ids})), [table]));
        tf.dispose(valueAndGradients(() => lossOf(tied(table)), [table]));
        tf.dispose(tf.grads((x: tf.Tensor) => lossOf(tied(x as tf.Tensor2D)))([table]));
        embeddingLookup({table, ids}).dispose();
      }
    });
    const {numTensors} = tf.memory();
    const stopped = () =>
      valueAndGradients(() => {
        embeddingLookup({table, ids});
        throw new Error('stopped');
      }, [table]);
    expect(stopped).toThrow('stopped');
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
