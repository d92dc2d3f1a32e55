const marker = Symbol.for('gatefold.gpu-kernels.ShapeError');

/** A tensor's shape or dtype is not what the operation takes. The message says what came and what was expected. */
export class ShapeError extends Error {
  readonly [marker] = true;
  override readonly name = 'ShapeError';

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is ShapeError {
    return value instanceof Error && marker in value;
  }
}
