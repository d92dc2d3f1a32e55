import type {Seq2SeqConfiguration} from '@gatefold/seq2seq';
import type {Bucket, ReversedWordsOptions} from '@gatefold/text8-data';
import {cosineDecay, type LearningRateSchedule, type OptimizerSettings, plateauDecay, warmUp} from '@gatefold/training';

/** A model, and how it is trained. */
export interface Preset {
  about: string;
  model: Omit<Seq2SeqConfiguration, 'sourceVocabularySize' | 'targetVocabularySize' | 'seed'>;
  /** Where windows of the text begin and end. */
  cut: ReversedWordsOptions['cut'];
  steps: number;
  batchSize: number;
  optimizer: OptimizerSettings['kind'];
  learningRate: (steps: number) => LearningRateSchedule;
  clipNorm: number;
}

/** Characters of a window at most. */
export const windowLength = 19;

/** A window and its end symbol, as the exercise has them. */
export const bucket: Bucket = [20, 21];

export const presets = {
  small: {
    about: 'one layer of 128, Adam with a cosine; 99 % in a few minutes',
    model: {embeddingSize: 32, hiddenSizes: [128]},
    cut: 'words',
    steps: 1000,
    batchSize: 64,
    optimizer: 'adam',
    learningRate: (steps) => {
      const climb = Math.min(50, Math.ceil(steps / 10));
      return warmUp({steps: climb, schedule: cosineDecay({initial: 0.004, steps: Math.max(1, steps - climb)})});
    },
    clipNorm: 5,
  },
  classic: {
    about: "the exercise's own: four layers of 256, sources read from their end, SGD at 1",
    model: {embeddingSize: 256, hiddenSizes: [256, 256, 256, 256], reverseSource: true},
    cut: 'anywhere',
    steps: 30_001,
    batchSize: 64,
    optimizer: 'sgd',
    learningRate: () => plateauDecay({initial: 1, factor: 0.9}),
    clipNorm: 5,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];
