import {checkAlphabet} from '../corpus/check-alphabet';
import {normalise} from '../corpus/normalise';
import type {WordTable} from './word-table';

const space = 0x20;

export interface WordReaderOptions {
  /** Adds words that the table does not have; else their number is the table's size. */
  grow: boolean;
  /** Brings the text to a to z and space as it is read. */
  normalise?: boolean;
  /** The text is known to be of a to z and space. */
  checked?: boolean;
}

/** Reads a text that comes in chunks, as the numbers of its words in a table. Words cut between chunks are whole. */
export class WordReader {
  /** How many words were read. */
  length = 0;
  /** How many bytes came before the next chunk. */
  #offset = 0;
  /** The word that the last chunk ends in, of which more may come. */
  #begun = new Uint8Array();
  #numbers = new Int32Array();

  /** @param name what the text is called in errors. */
  constructor(
    readonly name: string,
    readonly table: WordTable,
    readonly options: WordReaderOptions,
  ) {}

  /**
   * The words that end in this chunk, in an array that the next call writes over.
   *
   * @throws CorpusError at a byte that is not a to z or space, unless those are normalised.
   */
  push(chunk: Uint8Array): Int32Array {
    if (!this.options.normalise && !this.options.checked) checkAlphabet(this.name, chunk, this.#offset);
    this.#offset += chunk.length;
    const bytes = this.options.normalise ? normalise(chunk) : chunk;
    // One more than can be: the word begun may end here, and nothing but it and spaces be in the chunk.
    if (this.#numbers.length < (bytes.length >> 1) + 2) this.#numbers = new Int32Array((bytes.length >> 1) + 2);
    let start = 0;
    let read = 0;
    if (this.#begun.length > 0) {
      const end = bytes.indexOf(space);
      start = end < 0 ? bytes.length : end;
      this.#begun = joined(this.#begun, bytes.subarray(0, start));
      if (end < 0) return this.#numbers.subarray(0, 0);
      read = this.table.read(this.#begun, 0, this.#begun.length, this.#numbers, this.options.grow);
    }
    const end = bytes.lastIndexOf(space) + 1;
    this.#begun = bytes.slice(end);
    read += this.table.read(bytes, start, end, this.#numbers.subarray(read), this.options.grow);
    this.length += read;
    return this.#numbers.subarray(0, read);
  }

  /** The last word, where the text does not end in a space. */
  end(): Int32Array {
    return this.push(Uint8Array.of(space));
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
