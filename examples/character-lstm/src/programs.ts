import type {LanguageModelConfiguration} from '@gatefold/lstm';
import type {OptimizerSettings} from '@gatefold/training';
import type {ScheduleName} from './learning-rate';

/** One program of the classic exercise: what it reads, its model, and how it is trained. */
export interface Program {
  title: string;
  about: string;
  symbols: 'characters' | 'bigrams' | 'overlapping bigrams';
  model: Omit<LanguageModelConfiguration, 'vocabularySize' | 'hiddenSizes' | 'seed'>;
  hiddenSize: number;
  steps: number;
  batchSize: number;
  /** Steps unrolled for each update. */
  sequenceLength: number;
  optimizer: OptimizerSettings['kind'];
  /** Of the first step, or the one that warming up leads to. */
  learningRate: number;
  schedule: ScheduleName;
  /** Of the step schedule, and of the exponential one, which falls as far but evenly. */
  decay: {factor: number; every: number};
  clipNorm: number;
}

/** The exercise as it was published in the TensorFlow course that made it known, one step at a time. */
const characters = {
  title: 'Character LSTM',
  about: 'characters; the four gates in one matrix',
  symbols: 'characters',
  model: {},
  hiddenSize: 64,
  steps: 7001,
  batchSize: 64,
  sequenceLength: 10,
  optimizer: 'sgd',
  learningRate: 10,
  schedule: 'step',
  decay: {factor: 0.1, every: 5000},
  clipNorm: 1.25,
} as const satisfies Program;

const bigrams = {
  ...characters,
  title: 'Bigram LSTM',
  about: 'pairs of characters, one-hot',
  symbols: 'bigrams',
} as const satisfies Program;

const embeddedBigrams = {
  ...bigrams,
  title: 'Embedded bigram LSTM',
  about: 'pairs looked up in an embedding of 128',
  model: {embeddingSize: 128},
} as const satisfies Program;

export const programs = {
  'fused-gates': characters,
  'four-gates': {
    ...characters,
    title: 'Character LSTM, four gates',
    about: 'the same numbers, gate by gate and slowly',
    model: {cell: 'separate-gates'},
  },
  bigram: bigrams,
  'embedded-bigram': embeddedBigrams,
  dropout: {
    ...embeddedBigrams,
    title: 'Embedded bigram LSTM with dropout',
    about: 'the same, larger, with 0.4 dropped of inputs and outputs',
    model: {embeddingSize: 128, dropout: 0.4},
    hiddenSize: 512,
    steps: 4001,
    batchSize: 32,
    sequenceLength: 32,
    decay: {factor: 0.9, every: 500},
  },
  'overlapping-bigram': {
    ...embeddedBigrams,
    title: 'Overlapping bigram LSTM with dropout',
    about: 'a pair at every character, with 0.2 dropped',
    symbols: 'overlapping bigrams',
    model: {embeddingSize: 128, dropout: 0.2},
    hiddenSize: 128,
    steps: 14_000,
    decay: {factor: 0.1, every: 10_000},
  },
  'text8-small': {
    ...characters,
    title: 'text8-small',
    about: 'no program of the exercise: the best of half an hour with --threads 2',
    model: {forgetBias: 1, dropout: 0.05},
    hiddenSize: 512,
    steps: 5000,
    batchSize: 32,
    sequenceLength: 100,
    optimizer: 'adamw',
    learningRate: 0.006,
    schedule: 'cosine',
    clipNorm: 1,
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

export const programNames = Object.keys(programs) as ProgramName[];
