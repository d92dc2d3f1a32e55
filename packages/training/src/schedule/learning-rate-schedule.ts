import type {JSONObject} from '../checkpoint/json';

/** The learning rate as training goes. */
export interface LearningRateSchedule {
  /** The rate of a step, counted from 0. */
  rateAt(step: number): number;
  /** Told the mean loss of every report, by schedules that depend on it. */
  report?(loss: number): void;
  /** What a resumed training needs; empty where the rate follows from the step alone. */
  state(): JSONObject;
  /** Puts back what `state` gave; throws a CheckpointError where that cannot be. */
  restore(state: JSONObject): void;
}

/**
 * A schedule of a constant rate, or the schedule itself.
 *
 * @throws RangeError where it is no schedule, and no finite number above 0.
 */
export function toSchedule(learningRate: number | LearningRateSchedule): LearningRateSchedule {
  if (typeof learningRate === 'object' && typeof learningRate?.rateAt === 'function') return learningRate;
  if (typeof learningRate !== 'number') {
    throw new RangeError(
      `learningRate is ${JSON.stringify(learningRate)}, expected a number above 0 or a schedule, such as exponentialDecay({...}).`,
    );
  }
  expectPositive('learningRate', learningRate);
  return {rateAt: () => learningRate, ...stateless};
}

/** The state of a schedule that has none. */
export const stateless = {state: (): JSONObject => ({}), restore: (): void => undefined};

/** Throws a RangeError where a value is not a finite number above 0. */
export function expectPositive(name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name} is ${value}, expected a number above 0.`);
  }
}
