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
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {unsortedSegmentSumCPU} from './cpu';
import fixture from './fixtures/segment-sums.json';
import {unsortedSegmentSumWasm} from './wasm';
import {unsortedSegmentSumWebGL} from './webgl';
import {unsortedSegmentSumWebGPU} from './webgpu';

const isReplaced = (backend: string) => backend !== 'tensorflow';

describe.each(backendsUnderTest)('unsortedSegmentSum of tfjs on %s', (backend) => {
  test(`is ${isReplaced(backend) ? 'replaced' : 'left in place'}`, async () => {
    await startBackend(useBackend, backend);
    const replacements = [
      ...unsortedSegmentSumCPU,
      ...unsortedSegmentSumWasm,
      ...unsortedSegmentSumWebGL,
      ...unsortedSegmentSumWebGPU,
    ];
    expect(replacements.some(({backendName}) => backendName === tf.getBackend())).toBe(isReplaced(backend));
    const sums = await tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), tf.tensor1d([1, 0, 1], 'int32'), 2).data();
    expect([...sums]).toEqual([2, 5]);
  });
});

describe.each(backendsUnderTest.filter(isReplaced))('unsortedSegmentSum on %s', (backend) => {
  const onGPU = backend.startsWith('webg'); // where a software driver is slow, and WebGL holds int32 in float32
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const given = ({x, shape, dtype, ids}: (typeof fixture.cases)[number]) =>
    [tf.tensor(x, shape, dtype as 'float32'), tf.tensor1d(ids, 'int32')] as const;

  test.each(fixture.cases)('$dtype $shape into $segments segments as TensorFlow', async (each) => {
    const sums = tf.unsortedSegmentSum(...given(each), each.segments);
    expect(sums.shape).toEqual(each.sums.shape);
    expect(sums.dtype).toBe(each.dtype);
    expectClose(await sums.data(), each.sums.values, {relative: 1e-6});
  });

  test('the gradient of a look-up as TensorFlow', async () => {
    const {table, ids, weights, gradient} = fixture.lookUp;
    const look = (values: tf.Tensor) =>
      tf.sum(tf.mul(tf.gather(values, tf.tensor2d(ids, [2, 4], 'int32')), tf.tensor(weights, [2, 4, 3])));
    expectClose(
      await tf
        .grad(look)(tf.tensor(table, [6, 3]))
        .data(),
      gradient,
      {relative: 1e-6},
    );
  });

  test('any call: sums within 1e-6 of a plain loop', async () => {
    const size = fc.integer({min: 1, max: 9});
    const calls = fc.record({rows: size, width: size, segments: size, seed: fc.nat({max: 99})});
    const property = fc.asyncProperty(calls, async ({rows, width, segments, seed}) => {
      const [values, ids] = [seededValues(rows * width, seed), seededIds(rows, segments, seed)];
      const [x, segmentIds] = [tf.tensor2d(values, [rows, width]), tf.tensor1d(ids, 'int32')];
      const sums = tf.unsortedSegmentSum(x, segmentIds, segments);
      const expected = new Float64Array(segments * width);
      values.forEach((value, at) => {
        expected[ids[Math.floor(at / width)]! * width + (at % width)]! += value;
      });
      expectClose(await sums.data(), expected, {relative: 1e-6, absolute: 1e-6});
      tf.dispose([x, segmentIds, sums]);
    });
    await fc.assert(property, {numRuns: 40, seed: 1});
  });

  test('ids from the number of segments up, and below 0, drop their rows', async () => {
    const ids = tf.tensor1d([2, -1, 1, 2 ** 31 - 1, -(2 ** 31), 0], 'int32');
    const sums = (dtype: 'float32' | 'int32') =>
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4, 8, 16, 32], dtype), ids, 2).data();
    expect([...(await sums('float32'))]).toEqual([32, 4]);
    expect([...(await sums('int32'))]).toEqual([32, 4]);
  });

  test('many int32 rows', async () => {
    const ids = seededIds(9000, 3, 1);
    const sums = await tf.unsortedSegmentSum(tf.ones([9000], 'int32'), tf.tensor1d(ids, 'int32'), 3).data();
    const counts = [0, 1, 2].map((segment) => ids.filter((id) => id === segment).length);
    expect([...sums]).toEqual(counts);
  });

  if (!onGPU)
    test('int32 sums beyond what float32 holds', async () => {
      const sums = tf.unsortedSegmentSum(tf.tensor1d([2 ** 24, 1], 'int32'), tf.tensor1d([0, 0], 'int32'), 1);
      expect([...(await sums.data())]).toEqual([2 ** 24 + 1]);
    });

  test.each([
    [[0, 3], 2],
    [[4, 0], 2],
    [[4, 3], 0],
    [[0], 0],
  ])('%j into %i segments', async (shape, segments) => {
    const x = tf.ones(shape as [number, number]);
    const sums = tf.unsortedSegmentSum(x, tf.zeros([shape[0]!], 'int32'), segments);
    expect(sums.shape).toEqual([segments, ...shape.slice(1)]);
    expect((await sums.data()).every((value) => value === 0)).toBe(shape[0] === 0 || sums.size === 0);
  });

  test('the same rows twice give the same bits', async () => {
    const [x, ids] = [tf.tensor2d(seededValues(3000, 3), [1000, 3]), tf.tensor1d(seededIds(1000, 2, 4), 'int32')];
    const sums = () => tf.unsortedSegmentSum(x, ids, 2).data();
    expect(await sums()).toEqual(await sums());
  });

  test('NaN stays in its segment and its column', async () => {
    const x = tf.tensor2d([Number.NaN, 1, 2, 3, 4, 5], [3, 2]);
    const sums = await tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2).data();
    expect([...sums]).toEqual([2, 3, Number.NaN, 6]);
  });

  test('gradient within 2e-5 of finite differences', async () => {
    const ids = tf.tensor1d([1, 0, 2, 1, 0], 'int32');
    await checkGradient(
      (x) => tf.tidy(() => tf.sum(tf.square(tf.unsortedSegmentSum(x!, ids, 3)))),
      [{shape: [5, 3], values: seededValues(15, 1)}],
    );
  });

  test('50,000 segments in no time', async () => {
    const [rows, width, segments] = [1024, 16, 50_000];
    const ids = seededIds(rows, segments, 1);
    const x = tf.tensor2d(seededValues(rows * width, 2), [rows, width]);
    const start = performance.now();
    const sums = await tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), segments).data();
    expect(performance.now() - start).toBeLessThan(onGPU ? 20_000 : 1000);
    const [values, expected] = [await x.data(), new Float32Array(segments * width)];
    ids.forEach((id, row) => {
      for (let column = 0; column < width; column++) expected[id * width + column]! += values[row * width + column]!;
    });
    expectClose(sums, expected, {relative: 1e-6});
  });

  if (!onGPU)
    test('shapes that do not fit are errors', () => {
      const attempt = () => tf.unsortedSegmentSum(tf.ones([4, 2]), tf.zeros([3], 'int32') as tf.Tensor1D, 2);
      expect(attempt).toThrow();
      if (backend === 'cpu') return; // there tfjs says it
      expect(attempt).toThrow('x is float32 [4, 2] and segmentIds [3], expected float32 or int32 [N, ...] and [N]');
    });

  test('nothing is left behind', async () => {
    await expectNoLeak(() => {
      for (const each of fixture.cases) tf.tidy(() => void tf.unsortedSegmentSum(...given(each), each.segments));
    });
  });
});
