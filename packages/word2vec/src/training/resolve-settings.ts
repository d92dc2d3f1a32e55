import {numberAbove, oneOf, wholeNumber} from './expect-setting';
import type {Word2VecSettings} from './word2vec-settings';

/** What no window is wider than. */
export const widestWindow = 1000;

/** The settings that are no way of training's own, checked; plain data, as checkpoints hold it. */
export type ResolvedWord2VecSettings = Required<Omit<Word2VecSettings, 'loss'>>;

/**
 * @param usualRate the learning rate unless told.
 * @throws RangeError where a setting is out of range.
 */
export function resolveWord2VecSettings(
  given: Omit<Word2VecSettings, 'loss'>,
  usualRate: number,
): ResolvedWord2VecSettings {
  const {model = 'skipGram', contextReduction = 'mean', seed = 1} = given;
  oneOf('model', model, ['skipGram', 'cbow']);
  oneOf('contextReduction', contextReduction, ['mean', 'sum']);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected a whole number.`);
  const learningRate = numberAbove('learningRate', given.learningRate ?? usualRate, 0);
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
    window: wholeNumber('window', given.window ?? 5, widestWindow),
    epochs: wholeNumber('epochs', given.epochs ?? 5),
  };
}
