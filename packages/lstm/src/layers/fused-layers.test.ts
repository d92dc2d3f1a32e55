import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {fusedGRU, fusedLSTM} from './index';

type Settings = Parameters<typeof tf.layers.lstm>[0];
type Make = (settings: Settings) => ReturnType<typeof tf.layers.lstm>;

interface Case {
  settings?: Partial<Settings>;
  sizes?: {T: number; B: number; I: number; H: number};
  /** With a state to start from. */
  initialState?: boolean;
  training?: boolean;
}

const kinds = [
  {name: 'LSTM', kernel: 'FusedLSTM', stock: tf.layers.lstm as Make, fused: fusedLSTM as Make, states: 2},
  {name: 'GRU', kernel: 'FusedGRU', stock: tf.layers.gru as Make, fused: fusedGRU as Make, states: 1},
];

/** A stand-in for random dropout, which is another at every call: every third number goes. */
const dropoutFunc = (ones: tf.Tensor, rate: number) => {
  const kept = Float32Array.from({length: ones.size}, (_, index) => (index % 3 === 0 ? 0 : 1 / (1 - rate)));
  return tf.mul(ones, tf.tensor(kept, ones.shape));
};

/** Settings that the kernel covers. */
const fast: [string, Case][] = [
  ['one output a sequence', {}],
  ['returnSequences', {settings: {returnSequences: true}}],
  ['returnState', {settings: {returnState: true}}],
  ['returnSequences and returnState', {settings: {returnSequences: true, returnState: true}}],
  ['goBackwards', {settings: {goBackwards: true, returnState: true}}],
  ['goBackwards and returnSequences', {settings: {goBackwards: true, returnSequences: true, returnState: true}}],
  ['no bias', {settings: {useBias: false, returnSequences: true}}],
  ['dropout', {settings: {dropout: 0.4, dropoutFunc, returnSequences: true} as object, training: true}],
  ['recurrentDropout outside of training', {settings: {recurrentDropout: 0.4, dropout: 0.2}}],
  ['an initial state', {initialState: true, settings: {returnSequences: true}}],
  ['T 1', {sizes: {T: 1, B: 3, I: 5, H: 4}}],
  ['T 1, B 1, I 1, H 1', {sizes: {T: 1, B: 1, I: 1, H: 1}, settings: {returnState: true}}],
  ['B 1', {sizes: {T: 6, B: 1, I: 3, H: 9}, settings: {returnSequences: true}}],
  ['H 33', {sizes: {T: 7, B: 10, I: 13, H: 33}, settings: {returnSequences: true}}],
];

/** Settings that run as they do in tfjs. */
const slow: [string, Case][] = [
  ["tfjs's default, hardSigmoid", {settings: {recurrentActivation: 'hardSigmoid'}}],
  ['another activation', {settings: {activation: 'relu', returnSequences: true}}],
  ['recurrentDropout', {settings: {recurrentDropout: 0.4, dropoutFunc} as object, training: true}],
];

/** Calls a new layer with weights of our own; the values of all its outputs, and the gradients of weights and x. */
async function run(make: Make, states: number, {settings, sizes, initialState, training}: Case) {
  const {T, B, I, H} = sizes ?? {T: 5, B: 3, I: 4, H: 6};
  const layer = make({units: H, recurrentActivation: 'sigmoid', recurrentInitializer: 'zeros', ...settings});
  layer.apply(tf.input({batchShape: [B, T, I]}));
  const values = layer
    .getWeights()
    .map(({shape, size}, index) => tf.tensor(seededValues(size, 10 + index, 0.5), shape));
  layer.setWeights(values);
  const x = tf.tensor3d(seededValues(B * T * I, 1), [B, T, I]);
  const initial = Array.from({length: states}, (_, index) => tf.tensor2d(seededValues(B * H, 20 + index), [B, H]));
  const apply = (moved: tf.Tensor) =>
    [layer.apply(moved, {training, ...(initialState && {initialState: initial})})].flat() as tf.Tensor[];
  const outputs = apply(x);
  const loss = (moved: tf.Tensor) =>
    tf.addN(apply(moved).map((output, index) => tf.sum(tf.mul(output, weightsOf(output, index))))) as tf.Scalar;
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const differentiate = () => {
    const {grads} = tf.variableGrads(() => loss(x), variables);
    return [...variables.map(({name}) => grads[name]!), tf.grad(loss)(x)];
  };
  const gradients = T === 1 ? [] : differentiate(); // at T 1 tfjs's own gradient fails
  const read = (tensors: tf.Tensor[]) => Promise.all(tensors.map(async (tensor) => (await tensor.data()).slice()));
  return {
    shapes: outputs.map(({shape}) => shape),
    outputs: await read(outputs),
    gradients: await read(gradients),
  };
}

const weightsOf = ({size, shape}: tf.Tensor, index: number) => tf.tensor(seededValues(size, 40 + index), shape);

async function onCPU<Result>(f: () => Promise<Result>, backend: string): Promise<Result> {
  await useBackend('cpu');
  const result = await f();
  await startBackend(useBackend, backend);
  return result;
}

/** How often a kernel runs. */
async function countKernel(name: string, f: () => tf.TensorContainer): Promise<number> {
  const {kernelNames, kernels} = await tf.profile(f);
  expect(kernelNames.length).toBeGreaterThan(0);
  return kernels.filter((kernel) => kernel.name === name).length;
}

describe.each(backendsUnderTest)('fused layers on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  describe.each(kinds)('$name', ({kernel, stock, fused, states}) => {
    test.each([...fast, ...slow])('%s: outputs and gradients within 1e-5 of tf.layers', async (_, given) => {
      const expected = await onCPU(() => run(stock, states, given), backend);
      const actual = await run(fused, states, given);
      expect(actual.shapes).toEqual(expected.shapes);
      expectClose(actual.outputs, expected.outputs, {relative: 1e-5, absolute: 1e-6});
      for (const [index, gradient] of actual.gradients.entries()) {
        expectClose(gradient, expected.gradients[index]!, {relative: 1e-5});
      }
    });

    const calls = (settings: Partial<Settings>, options = {}) => {
      const layer = fused({units: 4, recurrentActivation: 'sigmoid', ...settings});
      return countKernel(kernel, () => tf.tidy(() => layer.apply(tf.ones([2, 3, 5]), options) as tf.Tensor));
    };

    test.each(fast)('%s: one kernel', async (_, {settings, training}) => {
      expect(await calls({...settings}, {training})).toBe(1);
    });

    test.each(slow)("%s: tfjs's own computation", async (_, {settings, training}) => {
      expect(await calls({...settings}, {training})).toBe(0);
    });

    test('a batch of nothing gives nothing', () => {
      const output = fused({units: 4, recurrentActivation: 'sigmoid', returnSequences: true}).apply(tf.ones([0, 3, 5]));
      expect((output as tf.Tensor).shape).toEqual([0, 3, 4]);
    });

    test("too many initial states are tfjs's error", () => {
      const layer = fused({units: 4, recurrentActivation: 'sigmoid'});
      const initialState = [1, 2, 3].map(() => tf.zeros([2, 4]));
      expect(() => layer.apply(tf.ones([2, 3, 5]), {initialState})).toThrow(
        'An initialState was passed that is not compatible with cell.stateSize',
      );
    });

    test("weights have tfjs's names, order, shapes and first values", async () => {
      const describeWeights = async (make: Make) => {
        const settings = {units: 3, kernelInitializer: tf.initializers.glorotUniform({seed: 3}), unitForgetBias: true};
        const recurrentInitializer = tf.initializers.orthogonal({seed: 4, gain: 1});
        const layer = make({...settings, recurrentInitializer, recurrentActivation: 'sigmoid', name: 'remembers'});
        layer.apply(tf.input({shape: [5, 2]}));
        return layer.weights.map((weight) => ({
          name: weight.originalName,
          shape: weight.shape,
          values: weight.read().dataSync(),
        }));
      };
      if (backend === 'webgpu') return; // in Node it cannot read in between
      expect(await describeWeights(fused)).toEqual(await describeWeights(stock));
    });
  });
});
