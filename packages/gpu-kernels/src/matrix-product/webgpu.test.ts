import {backendsUnderTest, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {withinLeastLimits} from '../backends/fixtures/within-least-limits';
import {useBackend} from '../backends/use-backend';
import {hasSubgroups, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {gru} from '../gru/gru';
import {type GRUArguments, gruReference} from '../gru/reference';
import {linear} from '../linear/linear';
import {linearReference} from '../linear/reference';
import {lstm} from '../lstm/lstm';
import {type LSTMArguments, lstmReference} from '../lstm/reference';

/** What a device may say of its subgroups, and so the forms that a product takes. */
const drivers = {
  'a processor with subgroups of 8': {subgroupMinSize: 8, subgroupMaxSize: 8},
  'a graphics card with subgroups of 8 to 32': {subgroupMinSize: 8, subgroupMaxSize: 32},
  'a graphics card without subgroups': {},
};

/** Runs with a device that describes itself so; without subgroups where it has none of 8 places, as SwiftShader. */
async function asOn<Result>(adapterInfo: object, run: () => Promise<Result>): Promise<Result> {
  const backend = tf.backend() as unknown as WebGPUBackend;
  const {device} = backend;
  const value = hasSubgroups(backend) ? adapterInfo : {...adapterInfo, subgroupMinSize: 0};
  Object.defineProperty(device, 'adapterInfo', {value, configurable: true});
  try {
    return await run();
  } finally {
    Reflect.deleteProperty(device, 'adapterInfo');
  }
}

/** Value and gradients of the squares' sum, as plain numbers. */
async function gradients(compute: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): Promise<number[]> {
  const {value, grads} = tf.valueAndGrads((...given) =>
    compute(...given)
      .square()
      .sum(),
  )(inputs);
  const numbers = await Promise.all([value, ...grads].map(async (tensor) => Array.from(await tensor.data())));
  tf.dispose([value, grads]);
  return numbers.flat();
}

const values = (shape: number[], seed: number) =>
  tf.tensor(
    seededValues(
      shape.reduce((size, length) => size * length, 1),
      seed,
      0.3,
    ),
    shape,
  );

type Recurrent = (inputs: tf.Tensor[]) => tf.Tensor;

const lstmOf = ([x, kernel, recurrentKernel, bias]: tf.Tensor[]) =>
  ({x, kernel, recurrentKernel, bias, ...zeroStates(x!, recurrentKernel!)}) as LSTMArguments;
const gruOf = ([x, kernel, recurrentKernel, bias]: tf.Tensor[]) =>
  ({x, kernel, recurrentKernel, bias, hidden: zeroStates(x!, recurrentKernel!).hidden}) as GRUArguments;

function zeroStates(x: tf.Tensor, recurrentKernel: tf.Tensor) {
  const zeros = tf.zeros([x.shape[1]!, recurrentKernel.shape[0]!]);
  return {hidden: zeros, cell: zeros};
}

/** The operation, its reference, and how many gates it has. */
const cells: Record<'lstm' | 'gru', [Recurrent, Recurrent, number]> = {
  lstm: [(inputs) => lstm(lstmOf(inputs)).outputs, (inputs) => lstmReference(lstmOf(inputs)).outputs, 4],
  gru: [(inputs) => gru(gruOf(inputs)).outputs, (inputs) => gruReference(gruOf(inputs)).outputs, 3],
};

/** The operation, T, B, I and H. */
type RecurrentCase = [keyof typeof cells, number, number, number, number];

/** Units in whole fours or not, in one slice of a graphics card or several, and rows of the batch one or two at a time. */
const recurrent = (['lstm', 'gru'] as const).flatMap((name) =>
  [
    [3, 37, 8, 12],
    [2, 9, 5, 7],
    [2, 3, 4, 36],
    [2, 130, 3, 33],
  ].map((sizes) => [name, ...sizes] as RecurrentCase),
);

async function expectRecurrent([name, T, B, I, H]: RecurrentCase, adapterInfo: object): Promise<void> {
  const [ours, reference, gates] = cells[name];
  const shapes = [[T, B, I], [I, gates * H], [H, gates * H], [gates * H]];
  const inputs = shapes.map((shape, index) => values(shape, index + 1));
  const received = await asOn(adapterInfo, () => gradients((...all) => ours(all), inputs));
  const expected = await gradients((...all) => reference(all), inputs);
  expect(received).toHaveLength(expected.length);
  expectClose(received, expected, {relative: 1e-5, absolute: 1e-5});
  tf.dispose(inputs);
}

describe.runIf(backendsUnderTest.includes('webgpu'))('products on webgpu', () => {
  beforeAll(async () => {
    await startBackend(useBackend, 'webgpu');
  });

  describe.each(Object.entries(drivers))('as %s sees them', (_, adapterInfo) => {
    test.each([
      [37, 8, 12],
      [20, 7, 5],
      [1, 4, 4],
      [20, 136, 12],
      [9, 131, 70],
    ])('%i rows of %i by %i columns: linear and its gradients within 1e-5 of the reference', async (...sizes) => {
      const [rows, inputSize, outputSize] = sizes as [number, number, number];
      const inputs = [values([rows, inputSize], 1), values([inputSize, outputSize], 2), values([outputSize], 3)];
      type Three = [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const named = ([x, kernel, bias]: tf.Tensor[]) => ({x, kernel, bias}) as Parameters<typeof linear>[0];
      const received = await asOn(adapterInfo, () => gradients((...all) => linear(named(all as Three)), inputs));
      expectClose(received, await gradients((...all) => linearReference(named(all as Three)), inputs), {
        relative: 1e-5,
        absolute: 1e-5,
      });
      tf.dispose(inputs);
    });

    test.each(recurrent)(
      '%s, T %i, B %i, I %i, H %i: it and its gradients within 1e-5 of the reference',
      async (...row) => expectRecurrent(row, adapterInfo),
    );
  });

  test.each<RecurrentCase>([
    ['lstm', 2, 2, 3, 257],
    ['lstm', 2, 2, 4, 260], // forward four units at a time
    ['gru', 2, 2, 3, 257],
  ])('%s, T %i, B %i, I %i, H %i: columns beyond the width of a workgroup within 1e-5 of the reference', (...row) =>
    expectRecurrent(row, drivers['a processor with subgroups of 8']),
  );

  test.each<RecurrentCase>([
    ['lstm', 2, 2, 4, 256],
    ['gru', 2, 2, 4, 256],
  ])('%s, T %i, B %i, I %i, H %i: within the limits that every graphics card has', (...row) =>
    withinLeastLimits(() => expectRecurrent(row, drivers['a graphics card without subgroups'])),
  );
});
