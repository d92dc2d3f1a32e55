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
  /**
   * The probability, in [0, 1], that the decoder reads in place of a true symbol the one that the model finds most likely
   * there, as it will have to when it writes; a number, or one of the batches read before, for it does well to rise from 0.
   * Default 0.
   *
   * In two passes: the first, without gradients, predicts every symbol from the true ones before it; the second trains on
   * inputs drawn, by the model's seed, from those and the true ones. Cost: a pass of the decoder and over the logits of the
   * whole vocabulary more, wherever the probability is not 0.
   *
   * Source: Bengio et al. 2015 (arXiv 1506.03099); the two passes: Mihaylova & Martins 2019 (arXiv 1906.07651).
   *
   * @example {scheduledSampling: (step) => Math.min(0.25, step / 10_000)}
   */
  scheduledSampling?: number | ((step: number) => number);
}

/** The probability of scheduled sampling at a step. Throws a RangeError where it is none. */
export function probabilityAt({scheduledSampling: given = 0}: Objective, step: number): number {
  const probability = typeof given === 'number' ? given : given(step);
  if (probability >= 0 && probability <= 1) return probability;
  throw new RangeError(`scheduledSampling is ${probability} at step ${step}, expected a probability, from 0 to 1.`);
}

/** Throws a RangeError where an option is out of its range, or does not fit another. */
export function expectObjective(objective: Objective, {targetVocabularySize}: FullConfiguration): void {
  const {labelSmoothing = 0, sampledSoftmax} = objective;
  if (typeof objective.scheduledSampling === 'number') probabilityAt(objective, 0);
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
