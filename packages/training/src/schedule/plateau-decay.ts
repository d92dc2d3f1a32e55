import {expectPositive, type LearningRateSchedule} from './learning-rate-schedule';

export interface PlateauDecayOptions {
  /** The rate at first, above 0. */
  initial: number;
  /** What the rate is multiplied by on a plateau, above 0 and below 1. */
  factor: number;
  /** How many earlier reports a loss is held against; default 3. */
  patience?: number;
}

/**
 * Multiplies the rate by `factor` whenever a reported loss is above all of the last `patience` ones: the rule of
 * TensorFlow's sequence-to-sequence tutorial.
 *
 * @throws RangeError where a number is out of range.
 * @example const learningRate = plateauDecay({initial: 1, factor: 0.9});
 */
export function plateauDecay({initial, factor, patience = 3}: PlateauDecayOptions): LearningRateSchedule {
  for (const [name, value] of Object.entries({initial, factor, patience})) expectPositive(name, value);
  if (factor >= 1) throw new RangeError(`factor is ${factor}, expected a number between 0 and 1.`);
  let rate = initial;
  let losses: number[] = [];
  return {
    rateAt: () => rate,
    report(loss) {
      if (losses.length >= patience && loss > Math.max(...losses)) rate *= factor;
      losses = [...losses, loss].slice(-patience);
    },
    state: () => ({rate, losses: [...losses]}),
    restore(state) {
      rate = state.rate as number;
      losses = [...(state.losses as number[])];
    },
  };
}
