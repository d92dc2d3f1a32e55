const marker = Symbol.for('gatefold.training.NonFiniteError');

/** A loss or gradient became NaN or infinite; the parameters are as they were before that step. */
export class NonFiniteError extends Error {
  readonly [marker] = true;
  override readonly name = 'NonFiniteError';

  constructor(
    /** The step, counted from 0. */
    readonly step: number,
    /** The first parameter whose gradient is not finite; undefined where only the loss is not. */
    readonly parameter: string | undefined,
    loss: number,
  ) {
    super(
      `Step ${step}: the ${parameter === undefined ? `loss is ${loss}` : `gradient of ${parameter} is not finite (loss ${loss})`}. ` +
        'The parameters were left as they were before this step. A lower learning rate, a smaller clipNorm or other data ' +
        'usually mends it; the last checkpoint is still good.',
    );
  }

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is NonFiniteError {
    return value instanceof Error && marker in value;
  }
}
