const marker = Symbol.for('gatefold.training.CheckpointError');

/** A checkpoint cannot be written, is damaged, or does not fit what it is loaded into. */
export class CheckpointError extends Error {
  readonly [marker] = true;
  override readonly name = 'CheckpointError';

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is CheckpointError {
    return value instanceof Error && marker in value;
  }
}
