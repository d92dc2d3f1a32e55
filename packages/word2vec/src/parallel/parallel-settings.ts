import type {WordCorpus} from '../training/word-corpus';
import type {Loss, Word2VecSettings} from '../training/word2vec-settings';

export interface ParallelOptions {
  /** How many threads train; as many as there are cores, at most 16, unless told. */
  threads?: number;
  /** Seconds between two `progress` events, 1 unless told. */
  secondsBetweenReports?: number;
}

/** Ids in a chunk: what a thread claims at a time, and what no window reaches beyond. */
export const chunkLength = 1000;

/** Every setting, checked; plain data, as checkpoints hold it. */
export type ResolvedSettings = Required<Omit<Word2VecSettings, 'loss'>> & {
  /** 0 for hierarchical softmax. */
  negativeSamples: number;
};

/** @throws RangeError where a setting is out of range, or there is no such loss. */
export function resolveSettings(given: Word2VecSettings): ResolvedSettings {
  const {model = 'skipGram', contextReduction = 'mean', seed = 1} = given;
  oneOf('model', model, ['skipGram', 'cbow']);
  oneOf('contextReduction', contextReduction, ['mean', 'sum']);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected a whole number.`);
  const learningRate = numberAbove('learningRate', given.learningRate ?? (model === 'cbow' ? 0.05 : 0.025), 0);
  const minimumLearningRate = given.minimumLearningRate ?? Math.min(1e-4, learningRate);
  if (!(minimumLearningRate >= 0 && minimumLearningRate <= learningRate)) {
    throw new RangeError(
      `minimumLearningRate is ${minimumLearningRate}, expected a number from 0 to learningRate, ${learningRate}.`,
    );
  }
  const subsample = given.subsample ?? 1e-3;
  if (!(subsample >= 0 && subsample <= 1)) {
    throw new RangeError(`subsample is ${subsample}, expected a share of the text from 0 to 1; 0 drops no words.`);
  }
  return {
    ...{model, contextReduction, seed, learningRate, minimumLearningRate, subsample},
    dimension: wholeNumber('dimension', given.dimension ?? 100),
    window: wholeNumber('window', given.window ?? 5, chunkLength),
    epochs: wholeNumber('epochs', given.epochs ?? 5),
    negativeSamples: negativeSamplesOf(given.loss ?? {kind: 'negativeSampling'}),
  };
}

function negativeSamplesOf(loss: Loss): number {
  switch (loss.kind) {
    case 'negativeSampling':
      return wholeNumber('negativeSamples', loss.negativeSamples ?? 5, 1000);
    case 'hierarchicalSoftmax':
      return 0;
    default:
      throw new RangeError(
        `The loss is ${(loss as {kind?: unknown}).kind}, expected negativeSampling or hierarchicalSoftmax.`,
      );
  }
}

/** @throws RangeError where there is nothing to learn from, or its sizes contradict one another. */
export function expectCorpus({vocabulary, length, rawLength}: WordCorpus): void {
  const {words, counts} = vocabulary;
  if (words.length !== counts.length) {
    throw new RangeError(
      `The vocabulary has ${words.length} words and ${counts.length} counts, expected a count a word.`,
    );
  }
  const occurring = Array.from(counts).filter((count) => count > 0).length;
  if (occurring < 2) {
    throw new RangeError(
      `The corpus has ${occurring} different words, expected at least two: give it more text, or a lower minimum count.`,
    );
  }
  if (!(Number.isSafeInteger(length) && length > 0)) {
    throw new RangeError(`The corpus has ${length} words in its vocabulary, expected at least one.`);
  }
  if (!(rawLength >= length)) {
    throw new RangeError(`The corpus has rawLength ${rawLength}, expected at least its length, ${length}.`);
  }
}

export function wholeNumber(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 up' : `from 1 to ${most}`;
  throw new RangeError(`${name} is ${value}, expected a whole number ${range}.`);
}

export function numberAbove(name: string, value: number, bound: number): number {
  if (value > bound && value < Number.POSITIVE_INFINITY) return value;
  throw new RangeError(`${name} is ${value}, expected a number above ${bound}.`);
}

function oneOf(name: string, value: string, expected: readonly string[]): void {
  if (!expected.includes(value)) throw new RangeError(`${name} is ${value}, expected ${expected.join(' or ')}.`);
}
