import {LanguageModel, type LanguageModelConfiguration} from '@gatefold/lstm';
import {SequenceBatches} from '@gatefold/text8-data';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

const [vocabularySize, hiddenSize, steps, batch] = [27, 64, 10, 64];

/** A training step of a model whose layers are one kernel, and of the same with an option that no kernel has: step by step. */
const withoutKernel = (name: string, what: string, option: Partial<LanguageModelConfiguration>): Workload => ({
  name,
  description:
    `one training step of LanguageModel, LSTM ${hiddenSize}, T ${steps}, B ${batch}, V ${vocabularySize}; ` +
    `in place of stock: ${what}`,
  backends: ['wasm', 'cpu'],
  prepare(seed): Contest {
    const ids = Uint8Array.from(tf.tidy(() => tf.randomUniformInt([10_000], 0, vocabularySize, seed).dataSync()));
    const trainer = (given: Partial<LanguageModelConfiguration>) => {
      const model = new LanguageModel({vocabularySize, hiddenSizes: [hiddenSize], seed, ...given});
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
    const [fused, apart] = [trainer({}), trainer(option)];
    return {
      ours: fused.step,
      stock: apart.step,
      dispose: () => {
        fused.dispose();
        apart.dispose();
      },
    };
  },
});

/** The two forms of the exercise's cell: four gates side by side in one kernel, and each with its own matrices. */
export const fourGatesWorkload = withoutKernel('four-gates-64', "its cell 'separate-gates', four gates apart", {
  cell: 'separate-gates',
});

export const normalizedWorkload: Workload = {
  ...withoutKernel('normalized-64', 'layerNormalization, by all of our kernels too', {layerNormalization: true}),
  against: 'ours',
};
