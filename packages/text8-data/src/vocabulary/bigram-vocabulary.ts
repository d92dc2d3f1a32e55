import type {Corpus} from '../corpus/corpus';
import {CharacterVocabulary, type EncodeOptions} from './character-vocabulary';

const characters = new CharacterVocabulary();

export interface BigramVocabularyOptions {
  /** Whether a pair begins at every character, sharing one with the pair before, or at every second (the default). */
  overlapping?: boolean;
}

/**
 * The 27 x 27 pairs of text8's symbols: the id of a pair is 27 first + second.
 *
 * @example
 * const vocabulary = new BigramVocabulary();
 * vocabulary.encode('abcd'); // ids of 'ab' and 'cd'
 * new BigramVocabulary({overlapping: true}).encode('abcd'); // ids of 'ab', 'bc' and 'cd'
 */
export class BigramVocabulary {
  readonly size = characters.size ** 2;
  readonly overlapping: boolean;
  /** How many characters each symbol adds to the text: 2, or 1 where pairs overlap. */
  readonly charactersPerSymbol: number;

  constructor({overlapping = false}: BigramVocabularyOptions = {}) {
    this.overlapping = overlapping;
    this.charactersPerSymbol = overlapping ? 1 : 2;
  }

  /**
   * The ids of a text. Of a text of odd length the last character is left out, unless pairs overlap.
   *
   * @param text a corpus, a string, or the bytes of a to z and space.
   * @returns one id in [0, 729) a pair; none of a text of fewer than 2 characters.
   * @throws RangeError at the first symbol outside a to z and space, unless `onUnknown` is given.
   *
   * Cost: 4 bytes a pair. To train on a long text take `BigramBatches`, which makes pairs as it goes.
   */
  encode(text: Corpus | string | Uint8Array, options?: EncodeOptions): Int32Array {
    const ids = characters.encode(text, options);
    const step = this.charactersPerSymbol;
    const pairs = this.overlapping ? Math.max(ids.length - 1, 0) : Math.floor(ids.length / 2);
    return Int32Array.from({length: pairs}, (_, pair) => bigramId(ids[pair * step]!, ids[pair * step + 1]!));
  }

  /**
   * The text of ids. Where pairs overlap, the first gives both its characters and every other its second, whether or
   * not its first is the one before.
   *
   * @throws RangeError at an id that is not in [0, 729).
   */
  decode(ids: ArrayLike<number>): string {
    const decoded: number[] = [];
    for (let position = 0; position < ids.length; position++) {
      const id = ids[position]!;
      if (!(Number.isInteger(id) && id >= 0 && id < this.size)) {
        throw new RangeError(
          `Id ${id} at position ${position} is not in the vocabulary, expected 0 to ${this.size - 1}.`,
        );
      }
      if (!this.overlapping || position === 0) decoded.push(Math.floor(id / characters.size));
      decoded.push(id % characters.size);
    }
    return characters.decode(decoded);
  }
}

/** The id of a pair of character ids. */
export function bigramId(first: number, second: number): number {
  return characters.size * first + second;
}
