import {fusedLSTM} from '@gatefold/lstm/layers';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  units: number;
  steps: number;
  batch: number;
  vocabulary: number;
  /** Batches in one call of `fit`. */
  batches: number;
}

/** Settings of tfjs's layer that are not those of ours. */
type StockSettings = Partial<Parameters<typeof tf.layers.lstm>[0]>;

/**
 * `model.fit` of the model of tfjs's lstm-text-generation example: one-hot characters, one LSTM layer, the distribution
 * of the next character, RMSProp at 0.01.
 */
export function layerFit(name: string, sizes: Sizes, stockSettings: StockSettings): Workload {
  const {units, steps, batch, vocabulary, batches} = sizes;
  return {
    name,
    description: `model.fit on ${batches} batches, one layer of ${units}, T ${steps}, B ${batch}, V ${vocabulary}; tf.layers.lstm ${JSON.stringify(stockSettings)}`,
    backends: ['wasm', 'cpu'],
    prepare(seed): Contest {
      const examples = batches * batch;
      const oneHot = (ids: tf.Tensor) => tf.cast(tf.oneHot(ids as tf.Tensor1D, vocabulary), 'float32');
      const x = tf.tidy(() => oneHot(tf.randomUniformInt([examples, steps], 0, vocabulary, seed)));
      const y = tf.tidy(() => oneHot(tf.randomUniformInt([examples], 0, vocabulary, seed + 1)));
      const model = (layer: tf.layers.Layer) => {
        const made = tf.sequential({layers: [layer, tf.layers.dense({units: vocabulary, activation: 'softmax'})]});
        made.compile({optimizer: tf.train.rmsprop(0.01), loss: 'categoricalCrossentropy'});
        return made;
      };
      const settings = {
        units,
        inputShape: [steps, vocabulary],
        recurrentInitializer: tf.initializers.glorotNormal({seed}), // the default, orthogonal, takes seconds to make
      };
      const ours = model(fusedLSTM({...settings, recurrentActivation: 'sigmoid'}));
      const stock = model(tf.layers.lstm({...settings, ...stockSettings}));
      const fit = async (trained: tf.Sequential) => {
        await trained.fit(x, y, {batchSize: batch, epochs: 1, verbose: 0});
      };
      return {
        ours: () => fit(ours),
        stock: () => fit(stock),
        dispose: () => {
          tf.dispose([x, y]);
          ours.dispose();
          stock.dispose();
        },
      };
    },
  };
}
