const marker = Symbol.for('gatefold.word2vec.WordVectorsError');

/** Word vectors do not hold the word that was asked for, or are not what they should be: a file is damaged, a value not finite. */
export class WordVectorsError extends Error {
  readonly [marker] = true;
  override readonly name = 'WordVectorsError';

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is WordVectorsError {
    return value instanceof Error && marker in value;
  }
}
