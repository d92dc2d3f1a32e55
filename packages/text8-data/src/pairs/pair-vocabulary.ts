import {platform} from '#platform';
import {CorpusError} from '../errors/corpus-error';
import type {EncodeOptions} from '../vocabulary/character-vocabulary';
import {WordVocabulary, type WordVocabularyOptions} from '../vocabulary/word-vocabulary';
import {characterSymbols} from './character-symbols';
import type {PairSymbols, PairVocabularyJSON} from './pair-symbols';
import {reservedCount, reservedSymbols} from './reserved-symbols';
import {subwordSymbols, type TokenizerMaker} from './subword-symbols';
import {wordSymbols, wordsOf} from './word-symbols';

const {PAD, GO, EOS, UNK} = reservedSymbols;

/** The most bytes that a vocabulary's file is expected to have. */
const largestFile = 2 ** 28;

/**
 * The symbols of one side of a sequence-to-sequence model: PAD, GO, EOS and UNK (ids 0 to 3), then characters, words or
 * subwords.
 *
 * @example
 * const letters = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz'); // size 31
 * const words = PairVocabulary.countWords(['le renard brun', 'le chien'], {size: 5000});
 * words.decode(words.encode('le chien'));
 */
export class PairVocabulary {
  /** How many ids there are, the four reserved ones included. */
  readonly size: number;
  readonly #symbols: PairSymbols;

  private constructor(symbols: PairSymbols) {
    this.#symbols = symbols;
    this.size = reservedCount + symbols.size;
  }

  /**
   * Characters (code points), those of an alphabet or of texts, in the order they first come in.
   *
   * @throws RangeError where there is none.
   */
  static ofCharacters(alphabet: string | Iterable<string>): PairVocabulary {
    return new PairVocabulary(characterSymbols(alphabet));
  }

  /**
   * Words between white space: those of a counted vocabulary, whose own `UNK` becomes the reserved one, or of a list.
   *
   * @throws RangeError where there is none, one comes twice or has white space in it.
   */
  static ofWords(words: WordVocabulary | Iterable<string>): PairVocabulary {
    return new PairVocabulary(wordSymbols(words));
  }

  /**
   * The words of texts in any script, the most frequent first.
   *
   * @param options `size`, the most ids there may be, the reserved ones included, or `minimumCount`, default 5.
   * @throws RangeError where an option is out of range or no word is left.
   */
  static countWords(texts: Iterable<string>, {size, minimumCount}: WordVocabularyOptions = {}): PairVocabulary {
    if (size !== undefined && !(Number.isSafeInteger(size) && size > reservedCount)) {
      throw new RangeError(
        `The vocabulary's size is ${size}, expected a whole number from ${reservedCount + 1}: the reserved ids and a word.`,
      );
    }
    const options = {size: size === undefined ? undefined : size - reservedCount + 1, minimumCount};
    return PairVocabulary.ofWords(WordVocabulary.countWords(eachWord(texts), options));
  }

  /**
   * Subwords of a trained tokenizer. To train one is for Hugging Face's own tokenizers (Python, Rust, or npm's `tokenizers`).
   *
   * @param json what its tokenizer.json holds.
   * @param Tokenizer of `@huggingface/tokenizers`, passed in so that who wants no subwords does not load it.
   * @throws CorpusError where the JSON is of no tokenizer.
   * @example PairVocabulary.ofSubwords(JSON.parse(await readFile('tokenizer.json', 'utf8')), Tokenizer);
   */
  static ofSubwords(json: Readonly<Record<string, unknown>>, Tokenizer: TokenizerMaker): PairVocabulary {
    return new PairVocabulary(subwordSymbols(json, Tokenizer));
  }

  /**
   * The vocabulary that `toJSON` was of.
   *
   * @param options `Tokenizer` of `@huggingface/tokenizers`, where it may be one of subwords.
   * @throws RangeError where it is none, TypeError where it needs a Tokenizer and there is none.
   */
  static fromJSON(json: PairVocabularyJSON, {Tokenizer}: {Tokenizer?: TokenizerMaker} = {}): PairVocabulary {
    if (json?.kind === 'characters' && isTexts(json.characters)) return PairVocabulary.ofCharacters(json.characters);
    if (json?.kind === 'words' && isTexts(json.words)) return PairVocabulary.ofWords(json.words);
    if (json?.kind === 'subwords' && typeof json.tokenizer === 'object' && json.tokenizer !== null) {
      if (Tokenizer) return PairVocabulary.ofSubwords(json.tokenizer, Tokenizer);
      throw new TypeError('This vocabulary is one of subwords: pass {Tokenizer}, of @huggingface/tokenizers.');
    }
    throw new RangeError(
      'This is not a vocabulary of pairs: expected {kind: "characters" | "words" | "subwords", ...}, as toJSON() gives.',
    );
  }

  /**
   * Reads what `save` wrote. Node only; in a page, `fromJSON` of what `fetch` gives.
   *
   * @throws CorpusError where there is no such file, or it holds no vocabulary.
   */
  static async load(path: string, options: {Tokenizer?: TokenizerMaker} = {}): Promise<PairVocabulary> {
    const bytes = await platform.readFile(path, {limit: largestFile});
    try {
      return PairVocabulary.fromJSON(JSON.parse(new TextDecoder().decode(bytes)), options);
    } catch (error) {
      if (error instanceof TypeError) throw error;
      throw new CorpusError(`${path} holds no vocabulary: ${(error as Error).message} Save it again.`, {cause: error});
    }
  }

  /**
   * The ids of a text, without GO and EOS.
   *
   * @param options `onUnknown` is told of every symbol outside the vocabulary.
   * @returns each in [3, size); UNK for a word or subword outside the vocabulary, and for a character where there is
   *   `onUnknown`.
   * @throws RangeError at the first character outside the alphabet, unless there is `onUnknown`; it names the character.
   */
  encode(text: string, {onUnknown}: EncodeOptions = {}): Int32Array {
    const ids: number[] = [];
    for (const symbol of this.#symbols.encode(text)) {
      if (typeof symbol === 'number') ids.push(reservedCount + symbol);
      else {
        if (!onUnknown && !this.#symbols.open) {
          throw new RangeError(
            `${JSON.stringify(symbol.symbol)} at offset ${symbol.offset} is not in the alphabet of ${this.#symbols.size} characters. ` +
              'Make the vocabulary of all texts, or pass onUnknown to take such characters for UNK.',
          );
        }
        onUnknown?.(symbol);
        ids.push(UNK);
      }
    }
    return Int32Array.from(ids);
  }

  /**
   * The text of ids up to the first EOS. PAD and GO add nothing; UNK is `UNK` among words and U+FFFD otherwise.
   *
   * @throws RangeError at an id that is not in [0, size).
   */
  decode(ids: ArrayLike<number>): string {
    const numbers: (number | undefined)[] = [];
    for (let position = 0; position < ids.length; position++) {
      const id = ids[position]!;
      if (!(Number.isInteger(id) && id >= 0 && id < this.size)) {
        throw new RangeError(
          `Id ${id} at position ${position} is not in the vocabulary, expected 0 to ${this.size - 1}.`,
        );
      }
      if (id === EOS) break;
      if (id !== PAD && id !== GO) numbers.push(id === UNK ? undefined : id - reservedCount);
    }
    return this.#symbols.decode(numbers);
  }

  toJSON(): PairVocabularyJSON {
    return this.#symbols.toJSON();
  }

  /** Writes the vocabulary to a file of JSON, whole or not at all. Node only. */
  async save(path: string): Promise<void> {
    await platform.writeFile(path, new TextEncoder().encode(JSON.stringify(this)));
  }
}

function* eachWord(texts: Iterable<string>): Generator<string> {
  for (const text of texts) yield* wordsOf(text);
}

function isTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}
