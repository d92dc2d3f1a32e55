import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {xoroshiro128plus, xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import {checkSame, type ReadableIds, SlidingWindow} from './sliding-window';

/** Words, and for each a word near it; both `[B]`. */
export interface SkipGramBatch {
  inputs: Int32Array;
  targets: Int32Array;
}

export interface SkipGramBatchesOptions {
  /** B, how many pairs a batch has; default 128. */
  batchSize?: number;
  /** How many words to either side count as near; default 1. */
  skipWindow?: number;
  /** How many of the words around it each centre is paired with; default 2. */
  numSkips?: number;
  /** A whole number: which of the words around, where not all are taken, and in which order; default 0. */
  seed?: number;
}

/** Where a generator is; plain JSON. */
export type SkipGramBatchesState = {
  /** Where the next window begins. */
  position: number;
  length: number;
  batchSize: number;
  skipWindow: number;
  numSkips: number;
  /** Of the random numbers. */
  random: number[];
};

/**
 * The skip-gram batches of the classic exercise: a window of `2 skipWindow + 1` words slides over the text one word at a
 * time; the word at its centre is paired with `numSkips` others of the window, drawn at random, no position twice. A
 * batch is `B / numSkips` windows, the pairs of a centre one after the other; the next batch goes on with the window
 * after the last, and at the end of the text come windows that run into its beginning, so there is always a next batch.
 *
 * @example
 * const {ids, vocabulary} = encodeWords(corpus, {vocabularySize: 50_000});
 * const batches = new SkipGramBatches(ids, {batchSize: 128, skipWindow: 1, numSkips: 2});
 * const {inputs, targets} = batches.next(); // [128] each
 *
 * Cost: 3 µs a batch of 128.
 * Source: TensorFlow's word2vec_basic.py; that skips a window's words between batches, which this does not.
 */
export class SkipGramBatches implements Iterable<SkipGramBatch> {
  readonly batchSize: number;
  readonly skipWindow: number;
  readonly numSkips: number;
  readonly #window: SlidingWindow;
  readonly #others: Int32Array;
  #random: ReturnType<typeof xoroshiro128plus>;

  /**
   * @param text ids, kept, not copied, or what reads them.
   * @throws RangeError where a size is not a whole number above 0, `numSkips` is more than the `2 skipWindow` others of a
   *   window or does not divide `batchSize`, or the text is shorter than a window.
   */
  constructor(text: ReadableIds | Int32Array, options: SkipGramBatchesOptions = {}) {
    const {batchSize = 128, skipWindow = 1, numSkips = 2, seed = 0} = options;
    for (const [name, value] of Object.entries({batchSize, skipWindow, numSkips})) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
      }
    }
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected a whole number.`);
    if (numSkips > 2 * skipWindow) {
      throw new RangeError(
        `numSkips is ${numSkips}, expected at most 2 * skipWindow, ${2 * skipWindow}: the words around a centre.`,
      );
    }
    if (batchSize % numSkips !== 0) {
      throw new RangeError(`batchSize is ${batchSize}, expected a multiple of numSkips, ${numSkips}.`);
    }
    this.batchSize = batchSize;
    this.skipWindow = skipWindow;
    this.numSkips = numSkips;
    this.#window = new SlidingWindow(text, {windows: batchSize / numSkips, skipWindow});
    this.#others = new Int32Array(2 * skipWindow);
    this.#random = xoroshiro128plus(seed);
  }

  /** The next batch, in arrays of its own. */
  next(): SkipGramBatch {
    const {batchSize, skipWindow, numSkips} = this;
    const ids = this.#window.next();
    const others = this.#others;
    const inputs = new Int32Array(batchSize);
    const targets = new Int32Array(batchSize);
    for (let pair = 0, start = 0; pair < batchSize; start++) {
      const centre = ids[start + skipWindow]!;
      for (let side = 0; side < skipWindow; side++) {
        others[side] = ids[start + side]!;
        others[skipWindow + side] = ids[start + skipWindow + 1 + side]!;
      }
      // The first steps of a shuffle: each draw is of those that were not drawn.
      for (let drawn = 0; drawn < numSkips; drawn++, pair++) {
        const last = others.length - 1;
        const chosen = drawn === last ? last : uniformInt(this.#random, drawn, last);
        inputs[pair] = centre;
        targets[pair] = others[chosen]!;
        others[chosen] = others[drawn]!;
      }
    }
    return {inputs, targets};
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<SkipGramBatch, never, undefined> {
    for (;;) yield this.next();
  }

  /** Where the generator is, for a checkpoint. */
  state(): SkipGramBatchesState {
    const {batchSize, skipWindow, numSkips} = this;
    const {position, length} = this.#window;
    return {position, length, batchSize, skipWindow, numSkips, random: [...this.#random.getState()]};
  }

  /**
   * Goes to where another generator over the same text was, whatever the seeds of the two.
   *
   * @throws RangeError where the state is of another text length or sizes, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    checkSame(state, this.state());
    const {random} = state;
    const isState = Array.isArray(random) && random.length === 4 && random.every((part) => Number.isInteger(part));
    if (!isState) {
      throw new RangeError(`The batches' random is ${JSON.stringify(random)}, expected four whole numbers.`);
    }
    this.#window.moveTo(state.position);
    this.#random = xoroshiro128plusFromState(random);
  }
}
