import type {Variable} from '@tensorflow/tfjs-core';
import {isJSONObject, type JSONObject} from '../checkpoint/json';
import type {StoredTensor} from '../checkpoint/safetensors';
import {restoreTensors, storedTensor, storeTensors} from '../checkpoint/stored-tensors';
import {CheckpointError} from '../errors/checkpoint-error';
import {expectKnownOptions} from '../options/expect-known-options';

export interface EarlyStopping<Validation> {
  /** How many reports in a row may pass without a better validation; the training stops after that many. */
  patience: number;
  /** What of a validation must fall; its `loss` where this is left out. */
  metric?: (validation: Validation) => number;
}

/** The parameters that validated best so far, and how many reports have passed since. */
export class BestParameters<Validation> {
  readonly #options: EarlyStopping<Validation>;
  readonly #parameters: Readonly<Record<string, Variable>>;
  #best: {step: number; value: number} | undefined;
  #waited = 0;
  #stored: Record<string, StoredTensor> = {};

  /** @throws RangeError where an option is unknown, or `patience` is not a whole number above 0. */
  constructor(parameters: Readonly<Record<string, Variable>>, options: EarlyStopping<Validation>) {
    expectKnownOptions('earlyStopping', options, {patience: true, metric: true});
    const {patience} = options;
    if (!(Number.isSafeInteger(patience) && patience > 0)) {
      throw new RangeError(`earlyStopping.patience is ${patience}, expected a whole number above 0.`);
    }
    this.#parameters = parameters;
    this.#options = options;
  }

  get outOfPatience(): boolean {
    return this.#waited >= this.#options.patience;
  }

  /** The step of the best validation. */
  get step(): number | undefined {
    return this.#best?.step;
  }

  /**
   * Takes note of a validation; keeps a copy of the parameters where it is the best so far.
   *
   * @returns whether it is.
   * @throws RangeError where the metric is not a finite number.
   */
  async report(step: number, validation: Validation): Promise<boolean> {
    const {metric = ({loss}) => loss as number} = this.#options as EarlyStopping<{loss?: number}>;
    const value = metric(validation as {loss?: number});
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `The validation after step ${step} gave ${value} to stop early by, expected a finite number: ` +
          'return one as `loss`, or say with `metric` what it is.',
      );
    }
    const isBest = !(this.#best && value >= this.#best.value);
    this.#waited = isBest ? 0 : this.#waited + 1;
    if (isBest) {
      this.#best = {step, value};
      this.#stored = await storeTensors('best', this.#parameters);
    }
    return isBest;
  }

  /** Puts the best parameters back into the model. */
  restoreParameters(): void {
    if (this.#best) restoreTensors('best', this.#stored, this.#parameters);
  }

  state(): JSONObject {
    return {waited: this.#waited, best: this.#best ?? null};
  }

  get tensors(): Record<string, StoredTensor> {
    return this.#stored;
  }

  /** @throws CheckpointError where the state or a tensor is not what `state` and `tensors` gave. */
  restore(state: JSONObject, tensors: Readonly<Record<string, StoredTensor>>): void {
    const {waited, best} = state;
    const sound = (number: unknown): number is number => Number.isFinite(number);
    const isBest = isJSONObject(best) && sound(best.step) && sound(best.value);
    if (!sound(waited) || !(best === null || isBest)) {
      throw new CheckpointError('The early stopping in this checkpoint lacks its best report: it is not whole.');
    }
    this.#waited = waited;
    if (!isBest) return;
    this.#best = best as {step: number; value: number};
    this.#stored = Object.fromEntries(
      Object.entries(this.#parameters).map(([name, {shape}]) => {
        const key = `best/${name}`;
        return [key, {shape, data: storedTensor(key, tensors, shape)}];
      }),
    );
  }
}
