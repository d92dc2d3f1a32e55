const marker = Symbol.for('gatefold.gpu-kernels.IdRangeError');

/** An integer id (of a symbol, a label, a row) lies outside the table it points into. */
export class IdRangeError extends Error {
  readonly [marker] = true;
  override readonly name = 'IdRangeError';

  constructor(what: string, id: number, position: number, size: number) {
    super(
      `${what} has id ${id} at position ${position}, expected ids from 0 to ${size - 1}. ` +
        'Encode the text with the vocabulary the model was made for.',
    );
  }

  /** Also true for an error of another copy of this package. */
  static isInstance(value: unknown): value is IdRangeError {
    return value instanceof Error && marker in value;
  }
}
