import {dropoutMask, gru, lstm, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import ofKeras from './fixtures/stacked-gru.json';
import ofPyTorch from './fixtures/stacked-lstm.json';
import {type StackedGRUInputs, stackedGRU} from './stacked-gru';
import {type LSTMLayerWeights, type StackedLSTMInputs, stackedLSTM} from './stacked-lstm';

type Stored = {shape: number[]; values: number[]};

/** All arrays that stand in a part of a fixture, or all tensors of a result, in its order. */
function leavesOf<Leaf = Stored>(part: object): Leaf[] {
  return part instanceof tf.Tensor || Object.hasOwn(part, 'values')
    ? [part as Leaf]
    : Object.values(part).flatMap((inner) => leavesOf<Leaf>(inner as object));
}

/** The same part with other leaves. */
function replaced(part: object, leaves: tf.Tensor[]): unknown {
  if (Object.hasOwn(part, 'values')) return leaves.shift();
  if (Array.isArray(part)) return part.map((inner) => replaced(inner as object, leaves));
  return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, replaced(inner as object, leaves)]));
}

const load = ({shape, values}: Stored) => tf.tensor(values, shape);

const weights = (inputSize: number, hiddenSize: number, seed: number, gates = 4) => {
  const width = gates * hiddenSize;
  return {
    kernel: tf.tensor2d(seededValues(inputSize * width, seed, 0.5), [inputSize, width]),
    recurrentKernel: tf.tensor2d(seededValues(hiddenSize * width, seed + 1, 0.5), [hiddenSize, width]),
    bias: tf.tensor1d(seededValues(width, seed + 2, 0.5)),
  };
};

const cells = [
  {fixture: ofPyTorch, run: (inputs: object) => stackedLSTM(inputs as StackedLSTMInputs)},
  {fixture: ofKeras, run: (inputs: object) => stackedGRU(inputs as StackedGRUInputs)},
];

describe.each(backendsUnderTest)('stackedLSTM and stackedGRU on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  const within = {relative, absolute: relative};
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  test.each(cells)(
    `packed sequences, from a state: results and gradients within ${relative} of $fixture.source`,
    async ({fixture, run}) => {
      const lengths = tf.tensor1d(fixture.lengths, 'int32');
      const of = (leaves: tf.Tensor[]) =>
        leavesOf<tf.Tensor>(run({...(replaced(fixture.inputs, [...leaves]) as object), lengths}));
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
    },
  );

  test('dropout thins what the layers above the first read, and never the outputs', async () => {
    const layers = [{forward: weights(3, 4, 1)}, {forward: weights(4, 5, 5)}];
    const x = tf.tensor3d(seededValues(2 * 3 * 3, 9), [2, 3, 3]);
    const {outputs} = stackedLSTM({x, layers, dropout: {rate: 0.5, seed: 7}});
    const mask = dropoutMask({shape: [2, 3, 4], rate: 0.5, seed: 7});
    const read = tf.mul(lstm({x, ...layers[0]!.forward}).outputs, mask) as tf.Tensor3D;
    expectClose(await outputs.data(), await lstm({x: read, ...layers[1]!.forward}).outputs.data(), within);
  });

  test('GRU layers of one direction, without a state, are gru over gru', async () => {
    const [first, second] = [weights(7, 4, 1, 3), weights(4, 5, 5, 3)];
    const x = tf.tensor2d([3, 1, 4, 1, 5, 2], [2, 3], 'int32');
    const {outputs, finalStates} = stackedGRU({x, layers: [{forward: first}, {forward: second}]});
    const below = gru({x, ...first});
    const above = gru({x: below.outputs, ...second});
    expectClose(await outputs.data(), await above.outputs.data(), within);
    expectClose(await finalStates[0]!.forward.data(), await below.finalState.data(), within);
    expect(finalStates[1]!.backward).toBe(undefined);
  });

  test('no layers, and layers that do not fit, are errors', () => {
    const x = tf.zeros([2, 3, 3]) as tf.Tensor3D;
    const of = (layers: LSTMLayerWeights[]) => () => stackedLSTM({x, layers});
    expect(of([])).toThrow('stackedLSTM: layers is empty, expected at least one');
    expect(() => stackedGRU({x, layers: []})).toThrow('stackedGRU: layers is empty, expected at least one');
    const layers = [{forward: weights(3, 2, 1)}, {forward: weights(2, 2, 1)}];
    expect(() => stackedLSTM({x, layers, initialStates: []})).toThrow('0 initial states are given, expected 2');
    expect(() => stackedGRU({x, layers: [{forward: weights(3, 4, 1)}]})).toThrow('recurrentKernel is float32 [4, 16]');
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
