import {checkSame, type ReadableIds, SlidingWindow} from './sliding-window';

/** The words around each place, `[B, 2 skipWindow]`, flattened, and the word there, `[B]`. */
export interface CbowBatch {
  inputs: Int32Array;
  targets: Int32Array;
}

export interface CbowBatchesOptions {
  /** B, how many windows a batch has; default 128. */
  batchSize?: number;
  /** How many words to either side the centre is predicted from; default 1. */
  skipWindow?: number;
}

/** Where a generator is; plain JSON. */
export type CbowBatchesState = {
  /** Where the next window begins. */
  position: number;
  length: number;
  batchSize: number;
  skipWindow: number;
};

/**
 * The CBOW batches of the classic exercise: a window of `2 skipWindow + 1` words slides over the text one word at a time;
 * its centre is the target, and all others, in their order, are the inputs. The next batch goes on with the window after
 * the last, and at the end of the text come windows that run into its beginning, so there is always a next batch.
 *
 * @example
 * const {ids, vocabulary} = encodeWords(corpus, {vocabularySize: 50_000});
 * const {inputs, targets} = new CbowBatches(ids, {batchSize: 128, skipWindow: 1}).next(); // [128, 2] and [128]
 *
 * Cost: 5 µs a batch of 128. There is no chance in it.
 */
export class CbowBatches implements Iterable<CbowBatch> {
  readonly batchSize: number;
  readonly skipWindow: number;
  readonly #window: SlidingWindow;

  /**
   * @param text ids, kept, not copied, or what reads them.
   * @throws RangeError where a size is not a whole number above 0, or the text is shorter than a window.
   */
  constructor(text: ReadableIds | Int32Array, {batchSize = 128, skipWindow = 1}: CbowBatchesOptions = {}) {
    if (!(Number.isSafeInteger(batchSize) && batchSize > 0)) {
      throw new RangeError(`batchSize is ${batchSize}, expected a whole number above 0.`);
    }
    this.batchSize = batchSize;
    this.skipWindow = skipWindow;
    this.#window = new SlidingWindow(text, {windows: batchSize, skipWindow});
  }

  /** The next batch, in arrays of its own. */
  next(): CbowBatch {
    const {batchSize, skipWindow} = this;
    const ids = this.#window.next();
    const inputs = new Int32Array(batchSize * 2 * skipWindow);
    const targets = new Int32Array(batchSize);
    for (let start = 0, input = 0; start < batchSize; start++) {
      const centre = start + skipWindow;
      for (let at = start; at < centre; at++) inputs[input++] = ids[at]!;
      targets[start] = ids[centre]!;
      for (let at = centre + 1; at <= centre + skipWindow; at++) inputs[input++] = ids[at]!;
    }
    return {inputs, targets};
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<CbowBatch, never, undefined> {
    for (;;) yield this.next();
  }

  /** Where the generator is, for a checkpoint. */
  state(): CbowBatchesState {
    const {position, length} = this.#window;
    return {position, length, batchSize: this.batchSize, skipWindow: this.skipWindow};
  }

  /**
   * Goes to where another generator over the same text was.
   *
   * @throws RangeError where the state is of another text length or sizes, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    checkSame(state, this.state());
    this.#window.moveTo(state.position);
  }
}
