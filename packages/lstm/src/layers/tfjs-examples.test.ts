// The models of two examples of tfjs, written as there, but that the line which makes the layer may be another
// (github.com/tensorflow/tfjs-examples: lstm-text-generation/model.js and addition-rnn/index.js).
import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {fusedGRU, fusedLSTM} from './index';

type Settings = Parameters<typeof tf.layers.lstm>[0];
type Make = (settings: Settings) => tf.layers.Layer;

const [vocabularySize, batch] = [11, 6];

/** As lstm-text-generation makes it. */
function textGeneration(layer: Make): tf.Sequential {
  const lstmLayerSizes = [5, 4];
  const model = tf.sequential();
  for (let i = 0; i < lstmLayerSizes.length; ++i) {
    model.add(
      layer({
        units: lstmLayerSizes[i]!,
        returnSequences: i < lstmLayerSizes.length - 1,
        inputShape: i === 0 ? [4, vocabularySize] : undefined,
      }),
    );
  }
  model.add(tf.layers.dense({units: vocabularySize, activation: 'softmax'}));
  model.compile({optimizer: tf.train.rmsprop(0.01), loss: 'categoricalCrossentropy'});
  return model;
}

/** As addition-rnn makes it, for numbers of one digit. */
function addition(layer: Make): tf.Sequential {
  const [hiddenSize, digits] = [5, 1];
  const maxLen = digits + 1 + digits;
  const model = tf.sequential();
  model.add(layer({units: hiddenSize, recurrentInitializer: 'glorotNormal', inputShape: [maxLen, vocabularySize]}));
  model.add(tf.layers.repeatVector({n: digits + 1}));
  model.add(layer({units: hiddenSize, recurrentInitializer: 'glorotNormal', returnSequences: true}));
  model.add(tf.layers.timeDistributed({layer: tf.layers.dense({units: vocabularySize})}));
  model.add(tf.layers.activation({activation: 'softmax'}));
  model.compile({loss: 'categoricalCrossentropy', optimizer: 'adam', metrics: ['accuracy']});
  return model;
}

const examples = [
  {name: 'lstm-text-generation', build: textGeneration, steps: 4, targets: [batch]},
  {name: 'addition-rnn', build: addition, steps: 3, targets: [batch, 2]},
];

const kinds = [
  {kind: 'LSTM', kernel: 'FusedLSTM', stock: tf.layers.lstm as Make, fused: fusedLSTM as Make},
  {kind: 'GRU', kernel: 'FusedGRU', stock: tf.layers.gru as unknown as Make, fused: fusedGRU as unknown as Make},
];

const oneHot = (shape: number[], seed: number) =>
  tf.tidy(() => {
    const ids = tf.tensor1d(seededIds(tf.util.sizeFromShape(shape), vocabularySize, seed), 'int32');
    return tf.reshape(tf.cast(tf.oneHot(ids, vocabularySize), 'float32'), [...shape, vocabularySize]);
  });

describe.each(backendsUnderTest)("tfjs's own examples on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const relative = backend === 'webgl' ? 1e-3 : 1e-5;

  /** Losses of two epochs, and a prediction; also which kernels that took. */
  async function learn({build, steps, targets}: (typeof examples)[number], layer: Make, settings: object) {
    const model = build((given) => layer({...given, ...settings}));
    const weights = model.getWeights().map(({shape, size}, index) => tf.tensor(seededValues(size, index, 0.5), shape));
    model.setWeights(weights);
    const [x, y] = [oneHot([batch, steps], 1), oneHot(targets, 2)];
    const {history} = await model.fit(x, y, {epochs: 2, batchSize: 3, shuffle: false, verbose: 0});
    let prediction: tf.Tensor | undefined;
    const {kernelNames} = await tf.profile(() => {
      prediction = model.predict(x) as tf.Tensor;
      return prediction;
    });
    const numbers = [...(history.loss as number[]), ...(await prediction!.data())];
    tf.dispose([weights, x, y, prediction!]);
    model.dispose();
    return {numbers, kernelNames};
  }

  describe.each(kinds)('$kind', ({kernel, stock, fused}) => {
    test.each(examples)(
      `$name, its gates sigmoid: a fused layer has the same losses within ${relative}`,
      async (example) => {
        const settings = {recurrentActivation: 'sigmoid'};
        const ours = await learn(example, fused, settings);
        const tfjs = await learn(example, stock, settings);
        expectClose(ours.numbers, tfjs.numbers, {relative, absolute: relative});
        expect(ours.kernelNames).toContain(kernel);
        expect(tfjs.kernelNames).not.toContain(kernel);
      },
    );

    test.each(examples)("$name as it is, with tfjs's hardSigmoid: the same bits", async (example) => {
      expect((await learn(example, fused, {})).numbers).toEqual((await learn(example, stock, {})).numbers);
    });
  });
});
