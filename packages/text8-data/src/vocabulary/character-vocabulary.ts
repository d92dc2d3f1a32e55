import type {Corpus} from '../corpus/corpus';

const symbols = ' abcdefghijklmnopqrstuvwxyz';

/** What stands for a byte outside the alphabet. */
const unknown = 255;

/** The id of every byte; upper and lower case are different bytes. */
const ids = new Uint8Array(256).fill(unknown);
for (let id = 0; id < symbols.length; id++) ids[symbols.charCodeAt(id)] = id;

/**
 * The 27 symbols of text8: space is 0, a to z are 1 to 26.
 *
 * @example
 * const vocabulary = new CharacterVocabulary();
 * vocabulary.decode(vocabulary.encode('anarchism')); // 'anarchism'
 */
export class CharacterVocabulary {
  readonly size = symbols.length;

  /** How many symbols the last `encode` with `unknown: 'space'` had to replace. */
  unknownCount = 0;

  /**
   * @param text a corpus, a string, or bytes.
   * @param options `unknown: 'space'` encodes any other symbol as a space and counts it in `unknownCount`, as the classic
   *   exercise does; by default it is an error.
   * @returns one id a byte.
   * @throws RangeError at a symbol outside the alphabet; it names the symbol and its offset.
   *
   * Cost: one pass, one byte a symbol.
   */
  encode(
    text: Corpus | string | Uint8Array,
    {unknown: meaning = 'error'}: {unknown?: 'error' | 'space'} = {},
  ): Uint8Array {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : 'bytes' in text ? text.bytes : text;
    const encoded = new Uint8Array(bytes.length);
    this.unknownCount = 0;
    for (let offset = 0; offset < bytes.length; offset++) {
      const id = ids[bytes[offset]!]!;
      if (id !== unknown) {
        encoded[offset] = id;
      } else if (meaning === 'space') {
        this.unknownCount += 1;
      } else {
        const symbol =
          typeof text === 'string'
            ? JSON.stringify([...text].find((each) => !symbols.includes(each)))
            : `byte ${bytes[offset]}`;
        throw new RangeError(
          `${symbol} at offset ${offset} is not in the vocabulary of a to z and space. ` +
            "Bring the text to it with normalise(), or pass {unknown: 'space'}.",
        );
      }
    }
    return encoded;
  }

  /**
   * The text of ids.
   *
   * @throws RangeError at an id that is not in [0, 27).
   */
  decode(encoded: ArrayLike<number>): string {
    let text = '';
    for (let index = 0; index < encoded.length; index++) {
      const symbol = symbols[encoded[index]!];
      if (symbol === undefined) {
        throw new RangeError(`Id ${encoded[index]} at position ${index} is not in the vocabulary, expected 0 to 26.`);
      }
      text += symbol;
    }
    return text;
  }
}
