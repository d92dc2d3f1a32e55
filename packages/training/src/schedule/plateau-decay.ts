import type {JSONObject} from '../checkpoint/json';
import {CheckpointError} from '../errors/checkpoint-error';
import {expectPositive, type LearningRateSchedule} from './learning-rate-schedule';

export interface PlateauDecayOptions {
  /** The rate at first, above 0. */
  initial: number;
  /** What the rate is multiplied by on a plateau, above 0 and below 1. */
  factor: number;
  /** How many earlier reports a loss is held against, a whole number above 0; default 3. */
  patience?: number;
}

/**
 * Multiplies the rate by `factor` whenever a reported loss is above all of the last `patience` ones: the rule of
 * TensorFlow's sequence-to-sequence tutorial. `report` throws a RangeError where a loss is not finite, and `restore` a
 * CheckpointError where the state is of another schedule.
 *
 * @throws RangeError where a number is out of range.
 * @example const learningRate = plateauDecay({initial: 1, factor: 0.9});
 */
export function plateauDecay({initial, factor, patience = 3}: PlateauDecayOptions): LearningRateSchedule {
  for (const [name, value] of Object.entries({initial, factor, patience})) expectPositive(name, value);
  if (!Number.isSafeInteger(patience))
    throw new RangeError(`patience is ${patience}, expected a whole number above 0.`);
  if (factor >= 1) throw new RangeError(`factor is ${factor}, expected a number between 0 and 1.`);
  let rate = initial;
  let losses: number[] = [];
  return {
    rateAt: () => rate,
    report(loss) {
      if (!Number.isFinite(loss)) throw new RangeError(`loss is ${loss}, expected a finite number.`);
      if (losses.length >= patience && loss > Math.max(...losses)) rate *= factor;
      losses = [...losses, loss].slice(-patience);
    },
    state: () => ({rate, losses: [...losses]}),
    restore(state) {
      if (!isPlateauState(state)) {
        throw new CheckpointError(
          `The checkpoint's learning rate is ${JSON.stringify(state)}, expected {rate, losses}: it was trained with another ` +
            'schedule than plateauDecay. Resume it with that one.',
        );
      }
      rate = state.rate;
      losses = state.losses.slice(-patience);
    },
  };
}

function isPlateauState(state: JSONObject): state is {rate: number; losses: number[]} {
  const {rate, losses} = state;
  // A rate halved often enough reaches 0, so 0 is one that training can have had.
  const isRate = typeof rate === 'number' && rate >= 0 && Number.isFinite(rate);
  return isRate && Array.isArray(losses) && losses.every(Number.isFinite);
}
