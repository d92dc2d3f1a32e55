import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {xoroshiro128plus, xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import type {Corpus} from '../corpus/corpus';

const space = 0x20;

/** A piece of a text, and the same with each word turned round, the words in their order. */
export interface ReversedWordsPair {
  source: string;
  target: string;
}

export interface ReversedWordsOptions {
  /** How many characters a piece has, at most where it is cut at words; default 19, for the exercise's bucket. */
  windowLength?: number;
  /** Where pieces begin and end: at `words` (default), as many as fit, or `anywhere`, as the exercise has it. */
  cut?: 'words' | 'anywhere';
  /** A whole number: pieces are drawn at random; without it they follow one another through the text. */
  seed?: number;
}

/** Where a generator is; plain JSON. */
export type ReversedWordsState = {
  /** Where the next piece is looked for. */
  position: number;
  length: number;
  windowLength: number;
  cut: 'words' | 'anywhere';
  /** Of the random numbers, null where there are none. */
  random: number[] | null;
};

/**
 * The pairs of the classic sequence-to-sequence exercise: pieces of a text, and what they are with every word turned
 * round. At the end of the text comes its beginning, so there is always a next pair. A word longer than a piece is in none
 * that is cut at words.
 *
 * @example
 * const pairs = new ReversedWords(corpus, {seed: 7});
 * pairs.next(); // {source: 'the quick brown fox', target: 'eht kciuq nworb xof'}
 */
export class ReversedWords implements Iterable<ReversedWordsPair> {
  readonly #text: Corpus;
  readonly #windowLength: number;
  readonly #cut: 'words' | 'anywhere';
  #position = 0;
  #random: ReturnType<typeof xoroshiro128plus> | undefined;

  /** @throws RangeError where an option is out of range, or the text has no piece of that length. */
  constructor(corpus: Corpus, {windowLength = 19, cut = 'words', seed}: ReversedWordsOptions = {}) {
    if (!(Number.isSafeInteger(windowLength) && windowLength > 0)) {
      throw new RangeError(`windowLength is ${windowLength}, expected a whole number above 0.`);
    }
    if (cut !== 'words' && cut !== 'anywhere') {
      throw new RangeError(`cut is ${JSON.stringify(cut)}, expected "words" or "anywhere".`);
    }
    if (seed !== undefined && !Number.isSafeInteger(seed)) {
      throw new RangeError(`seed is ${seed}, expected a whole number.`);
    }
    this.#text = corpus;
    this.#windowLength = windowLength;
    this.#cut = cut;
    this.#random = seed === undefined ? undefined : xoroshiro128plus(seed);
    const hasPiece = cut === 'words' ? this.#wordsFrom(0) : corpus.length >= windowLength;
    if (!hasPiece) {
      throw new RangeError(
        `${corpus.name} has no ${cut === 'words' ? 'word of at most' : 'piece of'} ${windowLength} characters. ` +
          'Take a longer text or another windowLength.',
      );
    }
  }

  /** The next pair. */
  next(): ReversedWordsPair {
    if (this.#random) this.#position = uniformInt(this.#random, 0, this.#lastStart);
    const {start, end} = this.#piece();
    this.#position = end > this.#lastStart ? 0 : end;
    const source = this.#text.slice(start, end).toString();
    return {source, target: reverseWords(source)};
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<ReversedWordsPair, never, undefined> {
    for (;;) yield this.next();
  }

  /** Where the generator is, for a checkpoint. */
  state(): ReversedWordsState {
    return {
      position: this.#position,
      length: this.#text.length,
      windowLength: this.#windowLength,
      cut: this.#cut,
      random: this.#random ? [...this.#random.getState()] : null,
    };
  }

  /**
   * Goes to where another generator over the same text was, whatever the seeds of the two.
   *
   * @throws RangeError where the state is of another text length or other pieces, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    const own = this.state();
    for (const key of ['length', 'windowLength', 'cut'] as const) {
      if (state[key] !== own[key]) {
        throw new RangeError(
          `The pairs to go on with have ${key} ${String(state[key])}, these have ${own[key]}: use the same text and options.`,
        );
      }
    }
    const {position, random} = state;
    const isPosition = typeof position === 'number' && Number.isSafeInteger(position) && position >= 0;
    if (!isPosition || position > this.#lastStart) {
      throw new RangeError(
        `The pairs' position is ${String(position)}, expected a whole number up to ${this.#lastStart}.`,
      );
    }
    const isRandom = Array.isArray(random) && random.length === 4 && random.every((part) => Number.isInteger(part));
    if (random !== null && !isRandom) {
      throw new RangeError(`The pairs' random is ${JSON.stringify(random)}, expected four whole numbers or null.`);
    }
    this.#position = position;
    this.#random = random === null ? undefined : xoroshiro128plusFromState(random as number[]);
  }

  /** The last place where a piece may be looked for. */
  get #lastStart(): number {
    return this.#text.length - (this.#cut === 'words' ? 1 : this.#windowLength);
  }

  #piece(): {start: number; end: number} {
    const start = this.#position;
    if (this.#cut === 'anywhere') return {start, end: start + this.#windowLength};
    return this.#wordsFrom(start) ?? this.#wordsFrom(0)!; // that there is one the constructor has seen
  }

  /** The first words from a place on that fit in a piece, as many as do. */
  #wordsFrom(from: number): {start: number; end: number} | undefined {
    const {bytes} = this.#text;
    const isSpace = (at: number) => at < 0 || at >= bytes.length || bytes[at] === space;
    for (let start = from; start < bytes.length; start++) {
      if (isSpace(start) || !isSpace(start - 1)) continue;
      for (let end = Math.min(start + this.#windowLength, bytes.length); end > start; end--) {
        if (isSpace(end) && !isSpace(end - 1)) return {start, end};
      }
    }
    return undefined;
  }
}

/** Every word of a text turned round, in its place: of 'the quick fox', 'eht kciuq xof'. */
export function reverseWords(text: string): string {
  return text
    .split(' ')
    .map((word) => [...word].reverse().join(''))
    .join(' ');
}
