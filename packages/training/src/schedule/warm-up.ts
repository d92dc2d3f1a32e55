import {expectPositive, type LearningRateSchedule, toSchedule} from './learning-rate-schedule';

export interface WarmUpOptions {
  /** How many steps come before the schedule, a whole number above 0. */
  steps: number;
  /** What follows, beginning with its own step 0: a rate or a schedule. */
  schedule: number | LearningRateSchedule;
}

/**
 * Climbs evenly to the first rate of a schedule, and then begins it: rate `(step + 1) / (steps + 1)` of the first. While
 * the moments of Adam are still those of a few batches, full steps would go astray.
 *
 * @throws RangeError where `steps` is not a whole number above 0.
 * @example const learningRate = warmUp({steps: 500, schedule: plateauDecay({initial: 1, factor: 0.9})});
 *
 * Source: Goyal et al. 2017 (arXiv 1706.02677), 2.2.
 */
export function warmUp({steps, schedule}: WarmUpOptions): LearningRateSchedule {
  expectPositive('steps', steps);
  if (!Number.isSafeInteger(steps)) throw new RangeError(`steps is ${steps}, expected a whole number above 0.`);
  const after = toSchedule(schedule);
  return {
    ...after, // its reports and its state
    rateAt: (step) => (step < steps ? (after.rateAt(0) * (step + 1)) / (steps + 1) : after.rateAt(step - steps)),
  };
}
