import {wholeNumber} from '../training/expect-setting';
import {type ResolvedWord2VecSettings, resolveWord2VecSettings, widestWindow} from '../training/resolve-settings';
import {type Loss, type Word2VecSettings, word2VecSettings} from '../training/word2vec-settings';

export interface ParallelOptions {
  /** How many threads train; as many as there are cores, at most 16, unless told. */
  threads?: number;
  /** Seconds between two `progress` events, 1 unless told. */
  secondsBetweenReports?: number;
}

/** The names of all that a parallel training takes. */
export const parallelOptions: Readonly<Record<keyof (Word2VecSettings & ParallelOptions), true>> = {
  ...word2VecSettings,
  ...{threads: true, secondsBetweenReports: true},
};

/** Ids in a chunk: what a thread claims at a time, and what no window reaches beyond. */
export const chunkLength = widestWindow;

/** Every setting, checked; plain data, as checkpoints hold it. */
export type ResolvedSettings = ResolvedWord2VecSettings & {
  /** 0 for hierarchical softmax. */
  negativeSamples: number;
};

/** @throws RangeError where a setting is out of range, or there is no such loss. */
export function resolveSettings(given: Word2VecSettings): ResolvedSettings {
  return {
    ...resolveWord2VecSettings(given, given.model === 'cbow' ? 0.05 : 0.025),
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
