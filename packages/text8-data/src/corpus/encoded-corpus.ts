import {copyIds} from '../batches/sliding-window';
import {type ReadTextOptions, readWords} from '../vocabulary/read-words';
import {WordTable} from '../vocabulary/word-table';
import {checkWordVocabularyOptions, joined, WordVocabulary, withIds} from '../vocabulary/word-vocabulary';
import type {Corpus} from './corpus';

export interface EncodeWordsOptions extends ReadTextOptions {
  /** How many words at most, `UNK` included, which is id 0 and takes the place of all others. */
  vocabularySize?: number;
  /** How often a word must occur; rarer ones are left out. The default way, with 5. */
  minimumCount?: number;
  /** Words counted elsewhere, in place of the text's own. */
  vocabulary?: WordVocabulary;
}

/** A text as the ids of its words, in memory. */
export class EncodedCorpus {
  /**
   * @param vocabulary the words that the ids are of.
   * @param ids kept, not copied.
   * @param rawLength how many words the text itself has, those that were left out included.
   */
  constructor(
    readonly vocabulary: WordVocabulary,
    readonly ids: Int32Array,
    readonly rawLength: number,
  ) {}

  /** How many ids there are. */
  get length(): number {
    return this.ids.length;
  }

  /** Copies the ids from `start` into the array and says how many: all of it, but for the end of the corpus. */
  read(start: number, into: Int32Array): number {
    return copyIds(this.ids, start, into);
  }
}

/**
 * Counts the words of a text and encodes it, reading it once.
 *
 * @param text a corpus, or a string or bytes of a to z and space; what lies in a file need not be read into memory for
 *   it: `encodeWordsToFile`.
 * @throws RangeError where an option is out of range or no word is left; CorpusError at any other character, unless those
 *   are normalised.
 * @example
 * const {vocabulary, ids} = encodeWords(await loadText8(), {vocabularySize: 50_000}); // as in the exercise
 * const corpus = encodeWords('the quick brown fox', {minimumCount: 1});
 *
 * Cost: 1.2 s for 100 MB; 4 bytes a word of the text, twice that while it is encoded.
 */
export function encodeWords(text: Corpus | Uint8Array | string, options: EncodeWordsOptions = {}): EncodedCorpus {
  const {vocabulary: given, ...counting} = checkedOptions(options);
  const known = given?.table();
  const table = known?.table ?? new WordTable();
  const pieces: Int32Array[] = [];
  const rawLength = readWords(text, table, {...options, grow: !known}, (numbers) => pieces.push(numbers.slice()));
  const {vocabulary, ids} =
    given && known ? {vocabulary: given, ids: known.ids} : WordVocabulary.ofTable(table, counting);
  return new EncodedCorpus(vocabulary, joined(pieces.map((numbers) => withIds(numbers, ids))), rawLength);
}

/** How to come by the vocabulary. */
export function checkedOptions({vocabularySize: size, minimumCount, vocabulary}: EncodeWordsOptions): {
  size?: number;
  minimumCount?: number;
  vocabulary?: WordVocabulary;
} {
  if (vocabulary && (size ?? minimumCount) !== undefined) {
    throw new TypeError('Received a vocabulary and how to count one, expected one of them.');
  }
  checkWordVocabularyOptions({size, minimumCount});
  return {size, minimumCount, vocabulary};
}
