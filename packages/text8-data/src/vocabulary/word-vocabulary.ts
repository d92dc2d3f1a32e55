import {platform} from '#platform';
import type {Corpus} from '../corpus/corpus';
import {CorpusError} from '../errors/corpus-error';
import {type ReadTextOptions, readWords} from './read-words';
import {WordTable} from './word-table';

/** The word that stands for all that are not in a vocabulary; no word of a to z is it. */
const unknownWord = 'UNK';

/** The most bytes that a vocabulary's file is expected to have. */
const largestFile = 2 ** 30;

export interface WordVocabularyOptions {
  /**
   * How many words at most, `UNK` included, which is id 0 and takes the place of all others; its count is theirs. The
   * exercise's way, with 50,000.
   */
  size?: number;
  /** How often a word must occur; rarer ones are left out of the text, and there is no `UNK`. gensim's way; default 5. */
  minimumCount?: number;
}

/** A vocabulary as plain JSON. */
export interface WordVocabularyJSON {
  words: string[];
  counts: number[];
  /** Whether id 0 stands for all words that are not in the vocabulary. */
  unknown: boolean;
}

/**
 * The words of a text, the most frequent first, those of one count in order of first occurrence.
 *
 * @example
 * const vocabulary = WordVocabulary.count(corpus, {size: 50_000});
 * vocabulary.words.slice(0, 3); // ['UNK', 'the', 'of']
 * vocabulary.decode(vocabulary.encode('the quick brown fox'));
 */
export class WordVocabulary {
  /** The word of every id. */
  readonly words: readonly string[];
  /** How often each occurs in the text that was counted. */
  readonly counts: Float64Array;
  /** The id of all words that are not in the vocabulary, 0, where there is one. */
  readonly unknownId: 0 | undefined;
  readonly #ids: Map<string, number>;
  #table: {table: WordTable; ids: Int32Array} | undefined;

  /**
   * A vocabulary that was counted elsewhere; to count a text, `WordVocabulary.count`.
   *
   * @throws RangeError where there is no word, a word comes twice, or a count is not a whole number for each word.
   */
  constructor({words, counts, unknown}: {words: readonly string[]; counts: ArrayLike<number>; unknown: boolean}) {
    if (words.length === 0 || counts.length !== words.length) {
      throw new RangeError(`Received ${words.length} words and ${counts.length} counts, expected as many, at least 1.`);
    }
    this.words = words;
    this.counts = Float64Array.from(counts);
    this.unknownId = unknown ? 0 : undefined;
    const wrong = this.counts.findIndex((count) => !(Number.isSafeInteger(count) && count >= 0));
    if (wrong >= 0) {
      throw new RangeError(`The count of "${words[wrong]}" is ${counts[wrong]}, expected a whole number from 0.`);
    }
    this.#ids = new Map(words.map((word, id) => [word, id]));
    if (this.#ids.size < words.length) {
      const twice = words.find((word, id) => this.#ids.get(word) !== id);
      throw new RangeError(`"${twice}" comes twice among the words, expected each once.`);
    }
  }

  /**
   * Counts the words of a text.
   *
   * @param text a corpus, or a string or bytes of a to z and space.
   * @throws RangeError where an option is out of range or no word is left; CorpusError at any other character, unless
   *   those are normalised.
   *
   * Cost: 1.1 s for 100 MB; memory for the distinct words. To encode the text too, `encodeWords` takes no longer.
   */
  static count(
    text: Corpus | Uint8Array | string,
    options: WordVocabularyOptions & ReadTextOptions = {},
  ): WordVocabulary {
    checkWordVocabularyOptions(options);
    const table = new WordTable();
    readWords(text, table, {...options, grow: true}, () => undefined);
    return WordVocabulary.ofTable(table, options).vocabulary;
  }

  /**
   * Counts words of any script, one by one.
   *
   * @throws RangeError where an option is out of range or no word is left.
   * @example WordVocabulary.countWords('le renard brun'.split(' '), {minimumCount: 1});
   */
  static countWords(words: Iterable<string>, options: WordVocabularyOptions = {}): WordVocabulary {
    checkWordVocabularyOptions(options);
    const counted = new Map<string, number>();
    for (const word of words) counted.set(word, (counted.get(word) ?? 0) + 1);
    const counts = Float64Array.from(counted.values());
    const table = {size: counted.size, counts, words: () => [...counted.keys()]};
    return WordVocabulary.ofTable(table, options).vocabulary;
  }

  /**
   * The vocabulary of the words that were read into a table, and the id for each number there, -1 where there is none.
   *
   * @internal
   */
  static ofTable(
    table: Pick<WordTable, 'size' | 'counts' | 'words'>,
    {size, minimumCount = 5}: WordVocabularyOptions,
  ): {vocabulary: WordVocabulary; ids: Int32Array} {
    const counts = table.counts.subarray(0, table.size);
    const least = size === undefined ? minimumCount : 1;
    const ranked = Int32Array.from(counts.keys())
      .filter((number) => counts[number]! >= least)
      .sort((a, b) => counts[b]! - counts[a]! || a - b);
    if (ranked.length === 0) {
      throw new RangeError(
        `None of the text's ${table.size} words occurs ${least} times. Take a longer text or a smaller minimumCount.`,
      );
    }
    const first = size === undefined ? 0 : 1; // the id after that of UNK
    const known = size === undefined ? ranked : ranked.subarray(0, size - 1);
    const ids = new Int32Array(table.size + 1).fill(first - 1);
    known.forEach((number, index) => {
      ids[number] = first + index;
    });
    const allWords = table.words();
    const words = Array.from(known, (number) => allWords[number]!);
    const knownCounts = Array.from(known, (number) => counts[number]!);
    if (size === undefined) {
      return {vocabulary: new WordVocabulary({words, counts: knownCounts, unknown: false}), ids};
    }
    const replaced = ranked.subarray(size - 1).reduce((sum, number) => sum + counts[number]!, 0);
    const vocabulary = new WordVocabulary({
      words: [unknownWord, ...words],
      counts: [replaced, ...knownCounts],
      unknown: true,
    });
    return {vocabulary, ids};
  }

  /** @throws RangeError where it is not what `toJSON` gives. */
  static fromJSON(json: WordVocabularyJSON): WordVocabulary {
    const {words, counts, unknown} = json ?? {};
    if (
      !Array.isArray(words) ||
      !Array.isArray(counts) ||
      typeof unknown !== 'boolean' ||
      !words.every((word) => typeof word === 'string')
    ) {
      throw new RangeError('This is not a vocabulary: expected {words: string[], counts: number[], unknown: boolean}.');
    }
    return new WordVocabulary({words, counts, unknown});
  }

  /**
   * Reads what `save` wrote. Node only; in a page, `fromJSON` of what `fetch` gives.
   *
   * @throws CorpusError where there is no such file, or it holds no vocabulary.
   */
  static async load(path: string): Promise<WordVocabulary> {
    const bytes = await platform.readFile(path, {limit: largestFile});
    try {
      return WordVocabulary.fromJSON(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (error) {
      throw new CorpusError(`${path} holds no vocabulary: ${(error as Error).message} Save it again.`, {cause: error});
    }
  }

  /** How many words there are, `UNK` included. */
  get size(): number {
    return this.words.length;
  }

  /** The id of a word: of one that is not in the vocabulary that of `UNK`, or undefined where there is none. */
  id(word: string): number | undefined {
    return this.#ids.get(word) ?? this.unknownId;
  }

  /**
   * The ids of a text's words; those that are not in the vocabulary are `UNK`, or left out where there is none.
   *
   * @throws CorpusError at a character that is not a to z or space.
   */
  encode(text: Corpus | Uint8Array | string): Int32Array {
    const {table, ids} = this.table();
    const pieces: Int32Array[] = [];
    readWords(text, table, {grow: false}, (numbers) => pieces.push(withIds(numbers.slice(), ids)));
    return joined(pieces);
  }

  /**
   * The words of ids, with spaces between.
   *
   * @throws RangeError at an id that is not of the vocabulary.
   */
  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id, position) => {
      const word = this.words[id];
      if (word === undefined) {
        throw new RangeError(
          `Id ${id} at position ${position} is not in the vocabulary, expected 0 to ${this.size - 1}.`,
        );
      }
      return word;
    }).join(' ');
  }

  toJSON(): WordVocabularyJSON {
    return {words: [...this.words], counts: [...this.counts], unknown: this.unknownId !== undefined};
  }

  /** Writes the vocabulary to a file of JSON, whole or not at all. Node only. */
  async save(path: string): Promise<void> {
    await platform.writeFile(path, new TextEncoder().encode(JSON.stringify(this)));
  }

  /**
   * The words in a table to read with, and the id for each number there: -1 where there is none.
   *
   * @internal
   */
  table(): {table: WordTable; ids: Int32Array} {
    if (!this.#table) {
      // What else a vocabulary may have, such as UNK, is no word of a text.
      const inTexts = this.words.flatMap((word, id) => (/^[a-z]+$/.test(word) ? [id] : []));
      const table = new WordTable();
      readWords(inTexts.map((id) => this.words[id]!).join(' '), table, {grow: true}, () => undefined);
      this.#table = {table, ids: Int32Array.from([...inTexts, this.unknownId ?? -1])};
    }
    return this.#table;
  }
}

/** @throws RangeError where an option is out of range, TypeError where there are two that are for different ways. */
export function checkWordVocabularyOptions({size, minimumCount}: WordVocabularyOptions): void {
  if (size !== undefined && minimumCount !== undefined) {
    throw new TypeError('Received a size and a minimumCount, expected one of them.');
  }
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 2)) {
    throw new RangeError(`The vocabulary's size is ${size}, expected a whole number from 2: UNK and a word.`);
  }
  if (minimumCount !== undefined && !(Number.isSafeInteger(minimumCount) && minimumCount >= 1)) {
    throw new RangeError(`minimumCount is ${minimumCount}, expected a whole number from 1.`);
  }
}

/** Puts ids in the place of the numbers that a table gives, and leaves out those that have none. */
export function withIds(numbers: Int32Array, ids: Int32Array): Int32Array {
  let length = 0;
  for (let index = 0; index < numbers.length; index++) {
    const id = ids[numbers[index]!]!;
    if (id >= 0) numbers[length++] = id;
  }
  return numbers.subarray(0, length);
}

/** The pieces one after the other. */
export function joined(pieces: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
