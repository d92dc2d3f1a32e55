import {WordVectors} from '@gatefold/word2vec';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  words: number;
  dimension: number;
  /** Asked at once; the time is for one of them. */
  queries: number;
}

const count = 10;

/** The ten words nearest to a word. Ours copies the vectors to the backend each time, for stock they are there. */
export function mostSimilar(name: string, {words: size, dimension, queries}: Sizes): Workload {
  return {
    name,
    description: `the ${count} nearest to a word, one of ${queries} asked at once among ${size} of ${dimension} numbers`,
    backends: ['wasm'],
    prepare(seed): Contest {
      const values = tf.tidy(
        () => tf.randomNormal([size, dimension], 0, 1, 'float32', seed).dataSync() as Float32Array,
      );
      const vectors = new WordVectors(
        Array.from({length: size}, (_, index) => `w${index}`),
        values.slice(),
        dimension,
      );
      const asked = Array.from({length: queries}, (_, index) => (index * 997) % size);
      const table = tf.tensor2d(vectors.normalised().values, [size, dimension]);
      return {
        repeats: queries,
        ours: async () => {
          await vectors.mostSimilarMany(
            asked.map((index) => `w${index}`),
            {count},
          );
        },
        stock: async () => {
          const {values: scores, indices} = tf.tidy(() => {
            const cosines = tf.matMul(tf.gather(table, tf.tensor1d(asked, 'int32')), table, false, true);
            return tf.topk(cosines, count + 1); // a word is the nearest to itself
          });
          await Promise.all([scores.data(), indices.data()]);
          tf.dispose([scores, indices]);
        },
        dispose: () => table.dispose(),
      };
    },
  };
}
