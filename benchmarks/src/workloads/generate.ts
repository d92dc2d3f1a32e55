import {LanguageModel} from '@gatefold/lstm';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

const length = 200;
const vocabularySize = 27;

/** Writing text, in one stream or many; the stock side is the same model as tf.layers, a `predict` for every character. */
export function generateWorkload(name: string, hiddenSize: number, streams = 1): Workload {
  return {
    name,
    description:
      `${length} characters in ${streams === 1 ? 'one stream' : `each of ${streams} streams`} from an LSTM of ${hiddenSize}; ` +
      'stock: a stateful tf.layers model, a character at a time',
    backends: ['wasm', 'cpu'],
    prepare(seed): Contest {
      const model = new LanguageModel({vocabularySize, hiddenSizes: [hiddenSize], seed});
      const stock = tf.sequential({
        layers: [
          tf.layers.lstm({
            units: hiddenSize,
            stateful: true,
            batchInputShape: [streams, 1, vocabularySize],
            recurrentActivation: 'sigmoid',
            recurrentInitializer: 'glorotUniform',
          }),
          tf.layers.dense({units: vocabularySize, activation: 'softmax'}),
        ],
      });
      const prompts = Array.from({length: streams}, (_, stream) => [stream % vocabularySize]);
      return {
        ours: async () => {
          await model.generateMany({length, prompts, seed});
        },
        stock: async () => {
          let ids = prompts.flat();
          for (let count = 0; count < length; count++) {
            const x = tf.tidy(() =>
              tf.cast(tf.oneHot(tf.tensor2d(ids, [streams, 1], 'int32'), vocabularySize), 'float32'),
            );
            const output = stock.predict(x, {batchSize: streams}) as tf.Tensor;
            const probabilities = (await output.data()) as Float32Array; // [B, V]
            ids = ids.map((_, stream) => {
              const ofStream = probabilities.subarray(stream * vocabularySize, (stream + 1) * vocabularySize);
              return draw(ofStream, ((count * 0.618 + stream * 0.382) % 1) * 0.999);
            });
            tf.dispose([x, output]);
          }
        },
        amount: {characters: length * streams},
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
