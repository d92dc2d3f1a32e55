const marker = Symbol.for('gatefold.text8-data.CorpusError');

/** A corpus cannot be had, is damaged, or is not text of a to z and space. */
export class CorpusError extends Error {
  readonly [marker] = true;
  override readonly name = 'CorpusError';

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is CorpusError {
    return value instanceof Error && marker in value;
  }
}
