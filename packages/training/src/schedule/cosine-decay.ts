import {expectPositive, type LearningRateSchedule, stateless} from './learning-rate-schedule';

export interface CosineDecayOptions {
  /** The rate of step 0, above 0. */
  initial: number;
  /** The rate from step `steps` on, from 0 to `initial`; default 0. */
  final?: number;
  /** How many steps the way down takes, above 0. */
  steps: number;
}

/**
 * Half a cosine from `initial` down to `final`: `final + (initial - final) (1 + cos(π step / steps)) / 2`.
 *
 * @throws RangeError where a number is out of range.
 * @example const learningRate = warmUp({steps: 100, schedule: cosineDecay({initial: 0.004, steps: 4900})});
 *
 * Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), without restarts.
 */
export function cosineDecay({initial, final = 0, steps}: CosineDecayOptions): LearningRateSchedule {
  for (const [name, value] of Object.entries({initial, steps})) expectPositive(name, value);
  if (!(final >= 0 && final <= initial)) {
    throw new RangeError(`final is ${final}, expected a number from 0 to initial, which is ${initial}.`);
  }
  return {
    rateAt: (step) => final + ((initial - final) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2,
    ...stateless,
  };
}
