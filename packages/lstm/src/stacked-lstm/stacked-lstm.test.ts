import {dropoutMask, lstm, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import fixture from './fixtures/stacked-lstm.json';
import {type LSTMLayerWeights, type StackedLSTMInputs, type StackedLSTMResult, stackedLSTM} from './stacked-lstm';

type Stored = {shape: number[]; values: number[]};

/** Tensors, or numbers, of all that stands in a part of the fixture, in its order. */
function leavesOf(part: object): Stored[] {
  return Object.hasOwn(part, 'values')
    ? [part as Stored]
    : Object.values(part).flatMap((inner) => leavesOf(inner as object));
}

/** The same part with other leaves. */
function replaced(part: object, leaves: tf.Tensor[]): unknown {
  if (Object.hasOwn(part, 'values')) return leaves.shift();
  if (Array.isArray(part)) return part.map((inner) => replaced(inner as object, leaves));
  return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, replaced(inner as object, leaves)]));
}

const load = ({shape, values}: Stored) => tf.tensor(values, shape);

/** All tensors of a result, in the fixture's order. */
const flat = ({outputs, finalStates}: StackedLSTMResult) => [
  outputs,
  ...finalStates.flatMap(({forward, backward}) => [forward, backward!].flatMap(({hidden, cell}) => [hidden, cell])),
];

const weights = (inputSize: number, hiddenSize: number, seed: number) => ({
  kernel: tf.tensor2d(seededValues(inputSize * 4 * hiddenSize, seed, 0.5), [inputSize, 4 * hiddenSize]),
  recurrentKernel: tf.tensor2d(seededValues(hiddenSize * 4 * hiddenSize, seed + 1, 0.5), [hiddenSize, 4 * hiddenSize]),
  bias: tf.tensor1d(seededValues(4 * hiddenSize, seed + 2, 0.5)),
});

describe.each(backendsUnderTest)('stackedLSTM on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  const within = {relative, absolute: relative};
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  test(`packed sequences, from a state: results and gradients within ${relative} of ${fixture.source}`, async () => {
    const lengths = tf.tensor1d(fixture.lengths, 'int32');
    const of = (leaves: tf.Tensor[]) =>
      flat(stackedLSTM({...(replaced(fixture.inputs, [...leaves]) as StackedLSTMInputs), lengths}));
    const leaves = leavesOf(fixture.inputs).map(load);
    const expected = leavesOf(fixture.results);
    for (const [index, part] of of(leaves).entries()) {
      expectClose(await part.data(), expected[index]!.values, within);
    }
    const upstream = leavesOf(fixture.upstream).map(load);
    const slopes = tf.grads((...moved: tf.Tensor[]) =>
      tf.addN(of(moved).map((part, index) => tf.sum(tf.mul(part, upstream[index]!)))),
    )(leaves);
    const expectedSlopes = leavesOf(fixture.gradients);
    for (const [index, slope] of slopes.entries()) {
      expectClose(await slope.data(), expectedSlopes[index]!.values, within);
    }
  });

  test('dropout thins what the layers above the first read, and never the outputs', async () => {
    const layers = [{forward: weights(3, 4, 1)}, {forward: weights(4, 5, 5)}];
    const x = tf.tensor3d(seededValues(2 * 3 * 3, 9), [2, 3, 3]);
    const {outputs} = stackedLSTM({x, layers, dropout: {rate: 0.5, seed: 7}});
    const mask = dropoutMask({shape: [2, 3, 4], rate: 0.5, seed: 7});
    const read = tf.mul(lstm({x, ...layers[0]!.forward}).outputs, mask) as tf.Tensor3D;
    expectClose(await outputs.data(), await lstm({x: read, ...layers[1]!.forward}).outputs.data(), within);
  });

  test('no layers, and layers that do not fit, are errors', () => {
    const x = tf.zeros([2, 3, 3]) as tf.Tensor3D;
    const of = (layers: LSTMLayerWeights[]) => () => stackedLSTM({x, layers});
    expect(of([])).toThrow('layers is empty, expected at least one');
    const both = {forward: weights(3, 4, 1), backward: weights(3, 4, 5)};
    expect(of([both, {forward: weights(4, 4, 9)}])).toThrow('expected float32 [T, B, 4]');
  });

  test('leaves nothing behind but its results', async () => {
    const layers = [{forward: weights(3, 4, 1), backward: weights(3, 4, 5)}, {forward: weights(8, 4, 9)}];
    const x = tf.zeros([2, 3, 3]) as tf.Tensor3D;
    await expectNoLeak(() => {
      const {outputs, finalStates} = stackedLSTM({x, layers, dropout: {rate: 0.5, seed: 7}});
      tf.dispose([outputs, finalStates] as unknown as tf.TensorContainer);
    });
  });
});
