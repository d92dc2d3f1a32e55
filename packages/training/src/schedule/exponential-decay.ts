import {expectPositive, type LearningRateSchedule, stateless} from './learning-rate-schedule';

export interface ExponentialDecayOptions {
  /** The rate of step 0, above 0. */
  initial: number;
  /** What the rate is multiplied by, above 0. */
  factor: number;
  /** How many steps each multiplication takes, above 0. */
  every: number;
  /** Whether the rate falls in steps, as in the classic exercise (the default), or smoothly. */
  staircase?: boolean;
}

/**
 * `initial · factor^(step / every)`, the exponent rounded down for a staircase.
 *
 * @throws RangeError where a number is not above 0.
 * @example const learningRate = exponentialDecay({initial: 10, factor: 0.1, every: 5000}); // 10, from step 5000 on 1, ...
 */
export function exponentialDecay(options: ExponentialDecayOptions): LearningRateSchedule {
  const {initial, factor, every, staircase = true} = options;
  for (const [name, value] of Object.entries({initial, factor, every})) expectPositive(name, value);
  return {
    rateAt: (step) => initial * factor ** (staircase ? Math.floor(step / every) : step / every),
    ...stateless,
  };
}
