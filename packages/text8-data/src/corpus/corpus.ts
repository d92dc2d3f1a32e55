import {CorpusError} from '../errors/corpus-error';
import {checkAlphabet} from './check-alphabet';

/**
 * A text over a to z and space, held as its bytes.
 *
 * @example
 * const corpus = new Corpus('fox', new TextEncoder().encode('the quick brown fox'));
 * const {train, validation} = corpus.split({validationSize: 4});
 */
export class Corpus {
  /**
   * @param name what the text is called in messages and reports.
   * @param bytes the text; kept, not copied, and not to be changed.
   * @throws CorpusError where the text is empty or a byte is not a to z or space; it names the byte and its offset.
   */
  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
  ) {
    if (bytes.length === 0) throw new CorpusError(`${name} is empty, expected some text.`);
    checkAlphabet(name, bytes);
  }

  /** How many characters the text has. */
  get length(): number {
    return this.bytes.length;
  }

  /** The text as a string; for parts of it, `corpus.slice(0, 80).toString()`. */
  toString(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The characters from `start` to before `end`, sharing their memory with this corpus. */
  slice(start: number, end = this.length): Corpus {
    return part(this.name, this.bytes.subarray(start, end));
  }

  /**
   * The exercise's split: the first `validationSize` characters, the last `heldOutSize`, and between them the text to
   * train on.
   *
   * @throws RangeError where the parts leave nothing to train on.
   */
  split({validationSize = 1000, heldOutSize = 0}: {validationSize?: number; heldOutSize?: number} = {}): {
    validation: Corpus;
    train: Corpus;
    heldOut: Corpus;
  } {
    const end = this.length - heldOutSize;
    const sizes = [validationSize, heldOutSize];
    if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0) || end <= validationSize) {
      throw new RangeError(
        `${this.name} has ${this.length} characters: ${validationSize} to validate on and ${heldOutSize} to hold out ` +
          'leave none to train on. Choose smaller parts or a longer text.',
      );
    }
    return {
      validation: part(`${this.name}, validation`, this.bytes.subarray(0, validationSize)),
      train: part(`${this.name}, training`, this.bytes.subarray(validationSize, end)),
      heldOut: part(`${this.name}, held out`, this.bytes.subarray(end)),
    };
  }

  /**
   * The literature's split of text8: the first 90 % to train on, the next 5 % to validate and the last 5 % to test.
   *
   * @throws RangeError where a share is not above 0 or they come to more than 1.
   */
  splitByShare({train = 0.9, validation = 0.05, test = 0.05} = {}): {train: Corpus; validation: Corpus; test: Corpus} {
    const sum = train + validation + test;
    if (![train, validation, test].every((share) => share > 0) || sum > 1 + 1e-9) {
      throw new RangeError(
        `The shares ${train}, ${validation} and ${test} come to ${sum}; expected each above 0, at most 1 in all.`,
      );
    }
    const trainEnd = Math.round(train * this.length);
    const validationEnd = Math.round((train + validation) * this.length);
    const testEnd = Math.min(this.length, Math.round(sum * this.length));
    return {
      train: part(`${this.name}, training`, this.bytes.subarray(0, trainEnd)),
      validation: part(`${this.name}, validation`, this.bytes.subarray(trainEnd, validationEnd)),
      test: part(`${this.name}, test`, this.bytes.subarray(validationEnd, testEnd)),
    };
  }
}

/** A part of a checked text needs no second check, and may be empty. */
function part(name: string, bytes: Uint8Array): Corpus {
  return Object.assign(Object.create(Corpus.prototype) as Corpus, {name, bytes});
}
