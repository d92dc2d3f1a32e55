const marker = Symbol.for('gatefold.gpu-kernels.BackendError');

/** A tfjs backend is unknown, not installed, or cannot run on this machine. */
export class BackendError extends Error {
  readonly [marker] = true;
  override readonly name = 'BackendError';

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is BackendError {
    return value instanceof Error && marker in value;
  }
}
