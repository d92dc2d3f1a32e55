import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {fusedGRU, fusedLSTM} from './index';

type Settings = Parameters<typeof tf.layers.lstm>[0];
type Make = (settings: Settings) => ReturnType<typeof tf.layers.lstm>;

const kinds = [
  {name: 'LSTM', kernel: 'FusedLSTM', stock: tf.layers.lstm as Make, fused: fusedLSTM as Make},
  {name: 'GRU', kernel: 'FusedGRU', stock: tf.layers.gru as Make, fused: fusedGRU as Make},
];

/** Gives a model weights of our own, the same for the same shapes. */
function fill(model: tf.LayersModel): tf.LayersModel {
  const weights = model.getWeights().map(({shape, size}, index) => tf.tensor(seededValues(size, index, 0.5), shape));
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

const numbers = async (tensor: tf.Tensor) => (await tensor.data()).slice();

async function onCPU<Result>(f: () => Promise<Result>, backend: string): Promise<Result> {
  await useBackend('cpu');
  const result = await f();
  await startBackend(useBackend, backend);
  return result;
}

describe.each(backendsUnderTest)('models with fused layers on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  describe.each(kinds)('$name', ({kernel, stock, fused}) => {
    const countKernel = async (f: () => tf.TensorContainer) => {
      const {kernels} = await tf.profile(() => tf.tidy(f));
      return kernels.filter(({name}) => name === kernel).length;
    };

    test('fit: losses and weights within 1e-5 of tf.layers, with regularisers and a constraint', async () => {
      const fit = async (make: Make) => {
        const model = tf.sequential();
        const first = {units: 6, returnSequences: true, recurrentActivation: 'sigmoid'} as const;
        model.add(make({...first, inputShape: [4, 5], kernelRegularizer: tf.regularizers.l2({l2: 0.01})}));
        const kernelConstraint = tf.constraints.maxNorm({maxValue: 1, axis: 0});
        model.add(make({units: 3, recurrentActivation: 'sigmoid', kernelConstraint}));
        model.add(tf.layers.dense({units: 2, activation: 'softmax'}));
        fill(model).compile({optimizer: tf.train.sgd(0.5), loss: 'categoricalCrossentropy'});
        const x = tf.tensor3d(seededValues(7 * 4 * 5, 1), [7, 4, 5]);
        const labels = Array.from(seededIds(7, 2, 3), (id) => (id === 0 ? [1, 0] : [0, 1]));
        const {history} = await model.fit(x, tf.tensor2d(labels), {
          epochs: 3,
          batchSize: 3,
          shuffle: false,
          verbose: 0,
        });
        return {losses: history.loss as number[], weights: await Promise.all(model.getWeights().map(numbers))};
      };
      const expected = await onCPU(() => fit(stock), backend);
      const actual = await fit(fused);
      expectClose(actual.losses, expected.losses, {relative: 1e-5});
      expectClose(actual.weights, expected.weights, {relative: 1e-5, absolute: 1e-6});
    });

    test('stateful: three parts of a sequence, and again after resetStates, within 1e-5 of tf.layers', async () => {
      const predict = async (make: Make) => {
        const settings = {units: 5, stateful: true, returnSequences: true, recurrentActivation: 'sigmoid'} as const;
        const layer = make({...settings, batchInputShape: [2, 3, 4]});
        const model = fill(tf.sequential({layers: [layer]}));
        const outputs = [];
        for (const part of [0, 1, 2, 0]) {
          if (outputs.length === 3) model.resetStates();
          outputs.push(await numbers(model.predict(tf.tensor3d(seededValues(24, part), [2, 3, 4])) as tf.Tensor));
        }
        return outputs;
      };
      const expected = await onCPU(() => predict(stock), backend);
      const actual = await predict(fused);
      expectClose(actual, expected, {relative: 1e-5, absolute: 1e-6});
      expect(actual[3]).toEqual(actual[0]);
      expect(actual[1]).not.toEqual(actual[0]);
    });

    test('stateful and trained: losses within 1e-5 of tf.layers', async () => {
      const fit = async (make: Make) => {
        const layer = make({units: 5, stateful: true, recurrentActivation: 'sigmoid', batchInputShape: [2, 3, 4]});
        const model = fill(tf.sequential({layers: [layer, tf.layers.dense({units: 1})]}));
        model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
        const x = tf.tensor3d(seededValues(6 * 12, 1), [6, 3, 4]);
        const fitted = await model.fit(x, tf.ones([6, 1]), {epochs: 2, batchSize: 2, shuffle: false, verbose: 0});
        return fitted.history.loss as number[];
      };
      const expected = await onCPU(() => fit(stock), backend);
      expectClose(await fit(fused), expected, {relative: 1e-5});
    });

    test('encoder and decoder, the state handed over: outputs within 1e-5 of tf.layers', async () => {
      const build = (make: Make) => {
        const source = tf.input({shape: [4, 3]});
        const target = tf.input({shape: [2, 3]});
        const settings = {units: 5, recurrentActivation: 'sigmoid'} as const;
        const encoder = make({...settings, returnState: true});
        const [, ...states] = encoder.apply(source) as tf.SymbolicTensor[];
        const output = make({...settings, returnSequences: true}).apply(target, {initialState: states});
        const model = tf.model({inputs: [source, target], outputs: output as tf.SymbolicTensor});
        return fill(model);
      };
      const inputs = () => [tf.tensor3d(seededValues(24, 1), [2, 4, 3]), tf.tensor3d(seededValues(12, 2), [2, 2, 3])];
      const expected = await onCPU(() => numbers(build(stock).predict(inputs()) as tf.Tensor), backend);
      const model = build(fused);
      expectClose(await numbers(model.predict(inputs()) as tf.Tensor), expected, {relative: 1e-5, absolute: 1e-6});
    });

    test.each(['concat', 'sum'] as const)(
      'bidirectional, %s: within 1e-5 of tf.layers, two kernels',
      async (mergeMode) => {
        const build = (make: Make) => {
          const layer = make({units: 5, recurrentActivation: 'sigmoid', returnSequences: true});
          return fill(tf.sequential({layers: [tf.layers.bidirectional({layer, mergeMode, inputShape: [4, 3]})]}));
        };
        const x = () => tf.tensor3d(seededValues(24, 1), [2, 4, 3]);
        const expected = await onCPU(() => numbers(build(stock).predict(x()) as tf.Tensor), backend);
        const model = build(fused);
        expectClose(await numbers(model.predict(x()) as tf.Tensor), expected, {relative: 1e-5, absolute: 1e-6});
        expect(await countKernel(() => model.predict(x()))).toBe(2);
      },
    );

    test.each([false, true])('after a mask, goBackwards %s: losses within 1e-5 of tf.layers', async (goBackwards) => {
      const fit = async (make: Make) => {
        const settings = {goBackwards, recurrentActivation: 'sigmoid', returnSequences: true} as const;
        const model = tf.sequential({
          layers: [
            tf.layers.embedding({inputDim: 9, outputDim: 4, maskZero: true, inputLength: 6}),
            make({...settings, units: 5}),
            make({...settings, units: 3, returnSequences: false}),
          ],
        });
        fill(model).compile({optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError'});
        const ids = [
          [3, 1, 4, 0, 0, 0],
          [0, 2, 0, 7, 1, 8],
          [0, 0, 0, 0, 0, 0],
        ];
        const x = tf.tensor2d(ids);
        const {history} = await model.fit(x, tf.ones([3, 3]), {epochs: 3, shuffle: false, verbose: 0});
        return {losses: history.loss as number[], outputs: await numbers(model.predict(x) as tf.Tensor), model, x};
      };
      const expected = await onCPU(() => fit(stock), backend);
      const actual = await fit(fused);
      expectClose(actual.losses, expected.losses, {relative: 1e-5});
      expectClose(actual.outputs, expected.outputs, {relative: 1e-5, absolute: 1e-6});
      expect(await countKernel(() => actual.model.predict(actual.x))).toBe(2);
    });

    test('neither predictions nor training leave tensors behind', async () => {
      const model = tf.sequential();
      model.add(fused({units: 4, recurrentActivation: 'sigmoid', dropout: 0.5, inputShape: [3, 2]}));
      model.add(tf.layers.dense({units: 1}));
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
      const [x, y] = [tf.ones([5, 3, 2]), tf.ones([5, 1])];
      await model.fit(x, y, {epochs: 1, verbose: 0});
      await expectNoLeak(async () => {
        for (let round = 0; round < 5; round++) {
          await model.fit(x, y, {epochs: 2, verbose: 0});
          tf.dispose(model.predict(x));
        }
      });
    });
  });
});
