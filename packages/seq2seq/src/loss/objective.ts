import type {FullConfiguration} from '../model/configuration';

/** What training makes small, where it is not just the cross-entropy of every target. */
export interface Objective {
  /**
   * The part of each label, in [0, 1), that is spread evenly over the vocabulary, lest the model grow too sure: the loss is
   * `(1 - e) · cross-entropy + e · mean -log p`. Evaluation never smooths. Default 0. Cost: five passes over the logits.
   *
   * Source: Szegedy et al. 2016 (arXiv 1512.00567), 7, who take 0.1.
   */
  labelSmoothing?: number;
  /**
   * Tells each symbol from so many sampled others (log-uniform: ids by frequency, the most frequent first) rather than from
   * the whole vocabulary, which pays where it is large; from 1 to its size, and without label smoothing. Evaluation and
   * decoding use all of it, so that their losses are not the training's. Cost: a step's does not grow with the vocabulary,
   * but for the bias.
   *
   * Source: Jean et al. 2015 (arXiv 1412.2007).
   */
  sampledSoftmax?: {samples: number};
}

/** Throws a RangeError where an option is out of its range, or does not fit another. */
export function expectObjective(
  {labelSmoothing = 0, sampledSoftmax}: Objective,
  {targetVocabularySize}: FullConfiguration,
): void {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(`labelSmoothing is ${labelSmoothing}, expected the part to spread, at least 0 and below 1.`);
  }
  if (!sampledSoftmax) return;
  const {samples} = sampledSoftmax;
  if (!(Number.isSafeInteger(samples) && samples >= 1 && samples <= targetVocabularySize)) {
    throw new RangeError(
      `sampledSoftmax.samples is ${samples}, expected a whole number from 1 to the ${targetVocabularySize} target symbols.`,
    );
  }
  if (labelSmoothing > 0) {
    throw new RangeError(
      `labelSmoothing is ${labelSmoothing} with sampledSoftmax, which does not see the vocabulary that labels are spread ` +
        'over: leave one of them out.',
    );
  }
}
