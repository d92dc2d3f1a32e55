import {LanguageModel} from '@gatefold/lstm';
import {SequenceBatches} from '@gatefold/text8-data';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

const [vocabularySize, hiddenSize, steps, batch] = [27, 64, 10, 64];

/** The two forms of the exercise's cell: four gates side by side in one kernel, and each with its own matrices, step by step. */
export const fourGatesWorkload: Workload = {
  name: 'four-gates-64',
  description:
    `one training step of LanguageModel, LSTM ${hiddenSize}, T ${steps}, B ${batch}, V ${vocabularySize}; ` +
    "in place of stock: its cell 'separate-gates', four gates apart",
  backends: ['wasm', 'cpu'],
  prepare(seed): Contest {
    const ids = Uint8Array.from(tf.tidy(() => tf.randomUniformInt([10_000], 0, vocabularySize, seed).dataSync()));
    const trainer = (cell: 'lstm' | 'separate-gates') => {
      const model = new LanguageModel({vocabularySize, hiddenSizes: [hiddenSize], cell, seed});
      const batches = new SequenceBatches(ids, {batchSize: batch, sequenceLength: steps});
      const optimizer = {kind: 'sgd', learningRate: 1} as const;
      const training = model.fit(batches, {steps: 1e9, reportEvery: 1e9, optimizer, clipNorm: 1.25});
      const events = training[Symbol.asyncIterator]();
      return {
        // The first step is followed by a report, which takes no time.
        step: async () => {
          while ((await events.next()).value?.kind !== 'step');
        },
        dispose: () => {
          training.dispose();
          model.dispose();
        },
      };
    };
    const [fused, apart] = [trainer('lstm'), trainer('separate-gates')];
    return {
      ours: fused.step,
      stock: apart.step,
      dispose: () => {
        fused.dispose();
        apart.dispose();
      },
    };
  },
};
