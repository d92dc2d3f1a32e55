import {seededIds, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterAll, describe, expect, test} from 'vitest';
import {BackendError} from '../errors/backend-error';
import {gru} from '../gru/gru';
import {linear} from '../linear/linear';
import {lstm} from '../lstm/lstm';
import {sampleSequence} from '../sample-sequence/sample-sequence';
import type {Direction} from '../sequence/expect-sequence';
import {useBackend} from './use-backend';
import type {WasmBackend} from './wasm-memory';
import {startThreadedWasm} from './wasm-threads';

async function useThreads(threads: number): Promise<WasmBackend> {
  await startThreadedWasm(threads);
  await useBackend('wasm');
  return tf.engine().backend as WasmBackend;
}

const tensor = (shape: number[], seed: number) =>
  tf.tensor(seededValues(tf.util.sizeFromShape(shape), seed, 0.3), shape);

const cells = [
  {name: 'LSTM', run: lstm, gates: 4},
  {name: 'GRU', run: gru, gates: 3},
];

interface Case {
  steps: number;
  batch: number;
  inputSize: number;
  hidden: number;
  fromIds?: boolean;
  direction?: Direction;
  withLengths?: boolean;
  masked?: boolean;
}

/** Outputs of a recurrent layer and a linear layer over them, and all gradients. */
function everything({run, gates}: (typeof cells)[number], given: Case): Float32Array[] {
  const {steps, batch, inputSize, hidden, fromIds, direction, withLengths, masked} = given;
  const ids = tf.tensor2d(seededIds(steps * batch, inputSize, 1), [steps, batch], 'int32');
  const lengths = tf.tensor1d(seededIds(batch, steps + 1, 2), 'int32');
  const kept = seededIds(steps * batch * hidden, 2, 9);
  const candidateMask = tf.tensor3d(Float32Array.from(kept, Number), [steps, batch, hidden]);
  const parameters = [
    tensor([steps, batch, inputSize], 3),
    tensor([inputSize, gates * hidden], 4),
    tensor([hidden, gates * hidden], 5),
    tensor([gates * hidden], 6),
    tensor([hidden, inputSize], 7),
    tensor([inputSize], 8),
  ];
  const layers = (...moved: tf.Tensor[]) => {
    const [x, kernel, recurrentKernel, bias, outputKernel, outputBias] = moved as [
      ...[tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D],
      ...[tf.Tensor2D, tf.Tensor1D],
    ];
    const {outputs} = run({
      x: fromIds ? ids : x,
      kernel,
      recurrentKernel,
      bias,
      direction,
      lengths: withLengths ? lengths : undefined,
      candidateMask: masked ? candidateMask : undefined,
    });
    return linear({x: outputs, kernel: outputKernel, bias: outputBias});
  };
  const loss = (...moved: tf.Tensor[]) => tf.add(tf.sum(tf.square(layers(...moved))), tf.mul(0, tf.sum(moved[0]!)));
  return tf.tidy(() =>
    [layers(...parameters), ...tf.grads(loss)(parameters)].map((each) => each.dataSync().slice() as Float32Array),
  );
}

/** Compares bits, and quickly. */
function expectSame(actual: ArrayBufferView[], expected: ArrayBufferView[]): void {
  const bits = ({buffer, byteOffset, byteLength}: ArrayBufferView) =>
    new Uint32Array(buffer, byteOffset, byteLength / 4);
  actual.forEach((each, index) => {
    const [found, wanted] = [bits(each), bits(expected[index]!)];
    expect(found.length).toBe(wanted.length);
    expect(found.findIndex((value, at) => value !== wanted[at])).toBe(-1);
  });
}

afterAll(() => startThreadedWasm(1));

describe('wasm on threads', () => {
  const cases: Case[] = [
    {steps: 10, batch: 64, inputSize: 27, hidden: 64, fromIds: true},
    {steps: 7, batch: 37, inputSize: 70, hidden: 90},
    {steps: 6, batch: 33, inputSize: 5, hidden: 65, direction: 'backward'},
    {steps: 9, batch: 30, inputSize: 129, hidden: 40, withLengths: true},
    {steps: 9, batch: 30, inputSize: 12, hidden: 50, fromIds: true, withLengths: true, direction: 'backward'},
    {steps: 9, batch: 35, inputSize: 30, hidden: 80, masked: true},
    {steps: 9, batch: 1, inputSize: 40, hidden: 130},
    {steps: 8, batch: 3, inputSize: 12, hidden: 101, fromIds: true, withLengths: true, direction: 'backward'},
    {steps: 1, batch: 3, inputSize: 2, hidden: 3},
    {steps: 3, batch: 0, inputSize: 2, hidden: 3},
  ];
  describe.each(cells)('of $name', (cell) => {
    test.each(cases)('%j: the same bits as on one', async (given) => {
      await useThreads(1);
      const expected = everything(cell, given);
      for (const threads of [2, 5]) {
        await useThreads(threads);
        for (let round = 0; round < 2; round++) expectSame(everything(cell, given), expected);
      }
    });
  });

  test.each([1, 3, 20])('a model that writes %d streams: the same ids and states', async (streams) => {
    const write = (cell: 'lstm' | 'gru') =>
      tf.tidy(() => {
        const width = cell === 'lstm' ? 4 : 3;
        const layer = (inputSize: number, hidden: number) => ({
          kernel: tensor([inputSize, width * hidden], 1) as tf.Tensor2D,
          recurrentKernel: tensor([hidden, width * hidden], 2) as tf.Tensor2D,
          bias: tensor([width * hidden], 3) as tf.Tensor1D,
          state: {
            hidden: tensor([streams, hidden], 4) as tf.Tensor2D,
            ...(cell === 'lstm' && {cell: tensor([streams, hidden], 5) as tf.Tensor2D}),
          },
        });
        const {ids, states} = sampleSequence({
          ...{ids: tf.tensor1d(seededIds(streams, 27, 1), 'int32'), steps: 30, cell, seed: 6},
          layers: [layer(27, 150), layer(150, 129)],
          output: {kernel: tensor([129, 27], 7) as tf.Tensor2D, bias: tensor([27], 8) as tf.Tensor1D},
        });
        const parts = states.flatMap(({hidden, cell}) => (cell ? [hidden, cell] : [hidden]));
        return [ids, ...parts].map((each) => each.dataSync().slice());
      });
    await useThreads(1);
    const expected = [...write('lstm'), ...write('gru')];
    for (const threads of [2, 5]) {
      await useThreads(threads);
      for (let round = 0; round < 3; round++) expectSame([...write('lstm'), ...write('gru')], expected);
    }
  });

  test('large products: the same bits as on one, by columns and by rows', async () => {
    const products = () =>
      tf.tidy(() => {
        const [wide, narrow] = [tensor([300, 500], 1), tensor([3, 70, 200], 2)];
        return [
          tf.matMul(wide, wide, true, false),
          tf.matMul(wide, wide, false, true),
          tf.matMul(narrow, narrow, false, true),
          tf.matMul(narrow, narrow, true, false),
        ].map((each) => each.dataSync().slice());
      });
    await useThreads(1);
    const expected = products();
    await useThreads(2);
    for (let round = 0; round < 20; round++) expectSame(products(), expected);
  });

  test.each([1, 3])('a large product of %d rows: the same bits as on one', async (rows) => {
    const product = () =>
      tf.tidy(() => {
        const [x, kernel, bias] = [tensor([rows, 301], 1), tensor([301, 1003], 2), tensor([1003], 3)];
        return linear({x, kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D})
          .dataSync()
          .slice();
      });
    await useThreads(1);
    const expected = product();
    for (const threads of [2, 5]) {
      await useThreads(threads);
      for (let round = 0; round < 20; round++) expectSame([product()], [expected]);
    }
  });

  test('many jobs in quick and in slow succession', async () => {
    await useThreads(3);
    const x = tensor([64, 64], 1);
    const expected = tf.matMul(x, x, false, true).dataSync().slice();
    for (let round = 0; round < 2000; round++) {
      const product = tf.matMul(x, x, false, true);
      if (round % 100 === 0) {
        expectSame([product.dataSync()], [expected]);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      product.dispose();
    }
  });

  test('the memory grows under the threads', async () => {
    await useThreads(2);
    const x = tensor([200, 200], 1);
    const expected = tf.matMul(x, x, true, false).dataSync().slice();
    const large = Array.from({length: 8}, () => tf.zeros([2048, 2048])); // 128 MiB
    expectSame([tf.matMul(x, x, true, false).dataSync()], [expected]);
    const ones = tf.ones([1200, 300]);
    const sums = tf.matMul(ones, ones, false, true);
    expect([tf.min(sums).dataSync()[0], tf.max(sums).dataSync()[0]]).toEqual([300, 300]);
    tf.dispose([large, ones, sums]);
  });

  test('one backend follows another; the same number of threads keeps the one there is', async () => {
    const [first, second] = [await useThreads(2), await useThreads(2)];
    expect(second).toBe(first);
    const kept = tf.ones([3]);
    await startThreadedWasm(2);
    expect([...kept.dataSync()]).toEqual([1, 1, 1]);
    const alone = await useThreads(1);
    kept.dispose();
    expect(alone).not.toBe(first);
    expect(alone.wasm.HEAPU8.buffer).not.toBeInstanceOf(SharedArrayBuffer);
    expect([...tf.matMul(tf.ones([2, 50]), tf.ones([2, 50]), false, true).dataSync()]).toEqual([50, 50, 50, 50]);
  });

  test.each([0, -1, 1.5, Number.NaN, '2'])('%j threads are refused', async (threads) => {
    const attempt = startThreadedWasm(threads as number);
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow(`threads is ${threads}, expected a whole number from 1 up`);
  });
});
