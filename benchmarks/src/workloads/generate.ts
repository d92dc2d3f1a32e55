import {LanguageModel} from '@gatefold/lstm';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

const length = 200;
const vocabularySize = 27;

/** Writing text one character at a time, in one stream; the stock side is the same model as tf.layers, `predict` by `predict`. */
export function generateWorkload(name: string, hiddenSize: number): Workload {
  return {
    name,
    description: `${length} characters drawn one by one from an LSTM of ${hiddenSize}, one stream; stock: a stateful tf.layers model`,
    backends: ['wasm', 'cpu'],
    prepare(seed): Contest {
      const model = new LanguageModel({vocabularySize, hiddenSizes: [hiddenSize], seed});
      const stock = tf.sequential({
        layers: [
          tf.layers.lstm({
            units: hiddenSize,
            stateful: true,
            batchInputShape: [1, 1, vocabularySize],
            recurrentActivation: 'sigmoid',
            recurrentInitializer: 'glorotUniform',
          }),
          tf.layers.dense({units: vocabularySize, activation: 'softmax'}),
        ],
      });
      return {
        ours: async () => {
          await model.generate({length, seed});
        },
        stock: async () => {
          let id = seed % vocabularySize;
          for (let count = 0; count < length; count++) {
            const x = tf.tidy(() =>
              tf.cast(tf.oneHot(tf.tensor2d([[id]], [1, 1], 'int32'), vocabularySize), 'float32'),
            );
            const probabilities = stock.predict(x) as tf.Tensor;
            id = draw((await probabilities.data()) as Float32Array, ((count * 0.618) % 1) * 0.999);
            tf.dispose([x, probabilities]);
          }
        },
        symbols: length,
        dispose: () => {
          model.dispose();
          stock.dispose();
        },
      };
    },
  };
}

function draw(probabilities: Float32Array, threshold: number): number {
  let sum = 0;
  for (let id = 0; id < probabilities.length; id++) {
    sum += probabilities[id]!;
    if (sum > threshold) return id;
  }
  return probabilities.length - 1;
}
