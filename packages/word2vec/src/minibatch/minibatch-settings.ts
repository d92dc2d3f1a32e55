import {expectKnownOptions} from '@gatefold/training';
import {oneOf, wholeNumber} from '../training/expect-setting';
import {type ResolvedWord2VecSettings, resolveWord2VecSettings} from '../training/resolve-settings';
import {type Word2VecSettings, word2VecSettings} from '../training/word2vec-settings';

/** What is minimised for each predicted word. */
export type MinibatchLoss =
  /** As `Loss` has it. The negatives are `samples` (64) words that a batch shares, each weighted `negativeSamples / samples`. */
  | {kind: 'negativeSampling'; negativeSamples?: number; samples?: number}
  /** Jean et al. 2015: a softmax over the true word and `samples` (64) others of a log-uniform distribution, corrected. */
  | {kind: 'sampledSoftmax'; samples?: number}
  /** Gutmann & Hyvärinen 2010: the true word against the same samples, each by itself, corrected. */
  | {kind: 'noiseContrastive'; samples?: number}
  /** A softmax over all words: for small vocabularies. */
  | {kind: 'fullSoftmax'};

/** Those of `@gatefold/training` that leave rows alone which a batch does not touch, and their usual learning rates. */
const usualRates = {sgd: 0.025, momentum: 0.0025, adagrad: 1, adam: 0.001};

export type MinibatchOptimizer = keyof typeof usualRates;

/** Batches made elsewhere: `SkipGramBatches` and `CbowBatches` of `@gatefold/text8-data`. */
export interface WordBatches {
  /** B. */
  readonly batchSize: number;
  /** How many predictions come of a place in the text; 1 unless given. */
  readonly numSkips?: number;
  /** Ids `[B]`, or for CBOW the contexts `[B, C]`, flattened, and the word to predict from each, `[B]`. */
  next(): {inputs: Int32Array; targets: Int32Array};
  state(): Record<string, unknown>;
  restore(state: Readonly<Record<string, unknown>>): void;
}

export interface MinibatchOptions {
  loss?: MinibatchLoss;
  /** How many predictions a step makes, 256 unless told. */
  batchSize?: number;
  /** `sgd` for negative sampling, else `adagrad`, unless told. */
  optimizer?: MinibatchOptimizer;
  /** Steps between two `progress` events, 1000 unless told. */
  reportEvery?: number;
  /** Tells of the words nearest to some, as training goes; never unless told. */
  neighbours?: NeighboursOptions;
  /** To train on in the place of the corpus's windows: `window`, `subsample`, `epochs` and `batchSize` then do nothing. */
  batches?: WordBatches;
  /** How many of `batches` there are to be, 100,001 unless told. */
  steps?: number;
}

export interface NeighboursOptions {
  words: readonly string[];
  /** Steps between two events, 10,000 unless told; also before the first step and after the last. */
  every?: number;
  /** How many of each, 8 unless told. */
  count?: number;
}

/** Every setting that a checkpoint holds, checked; plain data. */
export type ResolvedSettings = ResolvedWord2VecSettings & {
  loss: {kind: MinibatchLoss['kind']; negativeSamples: number; samples: number};
  batchSize: number;
  optimizer: MinibatchOptimizer;
  /** 0 where the corpus's own windows are trained on. */
  steps: number;
};

export type MinibatchSettings = Omit<Word2VecSettings, 'loss'> & MinibatchOptions;

const knownSettings: Readonly<Record<keyof MinibatchSettings, true>> = {
  ...word2VecSettings,
  ...{batchSize: true, optimizer: true, reportEvery: true, neighbours: true, batches: true, steps: true},
};

/** @throws RangeError where a setting is unknown or out of range, or there is no such loss. */
export function resolveSettings(given: MinibatchSettings, vocabularySize: number): ResolvedSettings {
  expectKnownOptions('A MinibatchTraining', given, knownSettings);
  const loss = resolveLoss(given.loss ?? {kind: 'negativeSampling'}, vocabularySize);
  const optimizer = given.optimizer ?? (loss.kind === 'negativeSampling' ? 'sgd' : 'adagrad');
  oneOf('optimizer', optimizer, Object.keys(usualRates));
  return {
    ...resolveWord2VecSettings(given, usualRates[optimizer]),
    ...{loss, optimizer},
    batchSize: wholeNumber('batchSize', given.batchSize ?? 256),
    steps: given.batches ? wholeNumber('steps', given.steps ?? 100_001) : 0,
  };
}

function resolveLoss(loss: MinibatchLoss, vocabularySize: number): ResolvedSettings['loss'] {
  switch (loss.kind) {
    case 'negativeSampling':
      return {
        kind: loss.kind,
        negativeSamples: wholeNumber('negativeSamples', loss.negativeSamples ?? 5, 1000),
        samples: wholeNumber('samples', loss.samples ?? 64),
      };
    case 'sampledSoftmax':
    case 'noiseContrastive': {
      // All different: there must be as many words.
      const samples = wholeNumber('samples', loss.samples ?? Math.min(64, vocabularySize - 1), vocabularySize - 1);
      return {kind: loss.kind, negativeSamples: samples, samples};
    }
    case 'fullSoftmax':
      return {kind: loss.kind, negativeSamples: vocabularySize, samples: vocabularySize};
    default:
      throw new RangeError(
        `The loss is ${(loss as {kind?: unknown}).kind}, expected negativeSampling, sampledSoftmax, noiseContrastive or ` +
          'fullSoftmax; ParallelTraining has hierarchicalSoftmax.',
      );
  }
}
