import {type Bucket, Buckets, type LongerPairs, type WaitingPairs} from './buckets';
import type {PairLike} from './pair';
import {type EndlessPairs, orderOf, type PairOrder, type PairOrderState, type ReadablePairs} from './pair-order';
import {type EncodePairOptions, encodePair, type Seq2SeqBatch} from './seq2seq-batch';

export interface PairBatchesOptions extends EncodePairOptions {
  /** A pair goes in the smallest that it fits in, by both lengths together. */
  buckets: readonly Bucket[];
  /** B, how many pairs a batch has; default 64. */
  batchSize?: number;
  /** What is done with pairs that fit in no bucket: they are left out (default), or cut to the largest. Both are counted. */
  longer?: LongerPairs;
  /** A whole number: pairs of an array or a file are shuffled, anew in every pass; without it they keep their order. */
  seed?: number;
}

/** Where a generator is; plain JSON. */
export type PairBatchesState = {
  buckets: number[][];
  batchSize: number;
  leftOut: number;
  cut: number;
  order: PairOrderState;
  /** Of each bucket, the pairs that wait in it for a batch to be full. */
  waiting: WaitingPairs[];
};

/**
 * Batches of pairs of similar length, for sequence-to-sequence models: each pair waits in the smallest bucket it fits in
 * until there are enough for a batch, which is padded to that bucket's lengths and no further. After the last pair comes
 * the first, and what waits then is in the batches of the next pass.
 *
 * @example
 * const vocabulary = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz');
 * const pairs = new ReversedWords(corpus, {seed: 7});
 * const batches = new PairBatches(pairs, {source: vocabulary, buckets: [[10, 11], [20, 21]]});
 * const {sources, sourceLength} = batches.next(); // [20, 64] or [10, 64]
 *
 * Memory: for each bucket a batch less one pair; 4 bytes a pair where they are shuffled.
 * Source: the buckets of TensorFlow's sequence-to-sequence tutorial, which draws pairs with replacement; this does not.
 */
export class PairBatches implements Iterable<Seq2SeqBatch> {
  readonly batchSize: number;
  readonly #options: PairBatchesOptions;
  readonly #order: PairOrder;
  readonly #buckets: Buckets;

  /**
   * @param pairs an array, a `PairFile`, something endless as `ReversedWords`, or any iterable.
   * @throws RangeError where there are no pairs, no buckets, or a size or seed is no whole number; TypeError where there is
   *   a seed and the pairs have an order of their own.
   */
  constructor(pairs: ReadablePairs | EndlessPairs | Iterable<PairLike>, options: PairBatchesOptions) {
    const {buckets, batchSize = 64, longer = 'leave-out', seed} = options;
    if (!(Number.isSafeInteger(batchSize) && batchSize > 0)) {
      throw new RangeError(`batchSize is ${batchSize}, expected a whole number above 0.`);
    }
    this.batchSize = batchSize;
    this.#options = {...options, longer};
    this.#buckets = new Buckets(buckets, longer);
    this.#order = orderOf(pairs, seed);
  }

  /** How many pairs fitted in no bucket and were left out. */
  get leftOut(): number {
    return this.#buckets.leftOut;
  }

  /** How many pairs fitted in no bucket and were cut. */
  get cut(): number {
    return this.#buckets.cut;
  }

  /**
   * The next batch, in arrays of its own.
   *
   * @throws RangeError where no pair of a whole pass, or of 100,000, fits in a bucket; and as `seq2seqBatch`.
   */
  next(): Seq2SeqBatch {
    for (let leftOut = 0; leftOut < this.#order.length; ) {
      const put = this.#buckets.put(encodePair(this.#order.next(), this.#options));
      if (put?.waiting === this.batchSize) return this.#buckets.take(put.index);
      leftOut = put ? 0 : leftOut + 1;
    }
    throw new RangeError(
      `None of ${this.#order.length} pairs fits in a bucket, the largest of which is [${this.#buckets.sizes.at(-1)}] ` +
        '(a target with its EOS). Add a larger one, or pass longer: "cut".',
    );
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<Seq2SeqBatch, never, undefined> {
    for (;;) yield this.next();
  }

  /**
   * Every pair once, in the order the pairs have, the last batch of each bucket a smaller one: to evaluate on. It neither
   * moves the generator nor adds to its counts.
   *
   * @throws RangeError where the pairs have no end.
   */
  *once(): Generator<Seq2SeqBatch, void, undefined> {
    const pairs = this.#order.once();
    if (!pairs) throw new RangeError('These pairs have no end: collect as many as you want in an array.');
    const buckets = new Buckets(this.#options.buckets, this.#options.longer!);
    for (const pair of pairs) {
      const put = buckets.put(encodePair(pair, this.#options));
      if (put?.waiting === this.batchSize) yield buckets.take(put.index);
    }
    for (const [index, waiting] of buckets.waiting.entries()) if (waiting.length > 0) yield buckets.take(index);
  }

  /** Where the generator is, for a checkpoint. */
  state(): PairBatchesState {
    const {sizes, leftOut, cut, waiting} = this.#buckets;
    return {
      buckets: sizes.map((size) => [...size]),
      batchSize: this.batchSize,
      leftOut,
      cut,
      order: this.#order.state(),
      waiting,
    };
  }

  /**
   * Goes to where another generator over the same pairs was, whatever the seeds of the two.
   *
   * @throws RangeError where the state is of other pairs, buckets or another batch size, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    const own = this.state();
    for (const key of ['buckets', 'batchSize'] as const) {
      const [received, expected] = [JSON.stringify(state[key]), JSON.stringify(own[key])];
      if (received !== expected) {
        throw new RangeError(
          `The batches to go on with have ${key} ${received}, these have ${expected}: use the same pairs and sizes.`,
        );
      }
    }
    const {leftOut, cut, order, waiting} = state as PairBatchesState;
    if (![leftOut, cut].every((count) => Number.isSafeInteger(count) && count >= 0) || !order) {
      throw new RangeError('The state of the batches is damaged: expected what state() gives.');
    }
    this.#buckets.waiting = waiting;
    this.#order.restore(order);
    this.#buckets.leftOut = leftOut;
    this.#buckets.cut = cut;
  }
}
