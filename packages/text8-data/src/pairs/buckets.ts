import {reservedSymbols} from './reserved-symbols';
import {type EncodedPair, padded, type Seq2SeqBatch} from './seq2seq-batch';

/** The longest source and the longest target, its EOS included, that go in a batch together. */
export type Bucket = readonly [sourceLength: number, targetLength: number];

/** What is done with pairs that fit in no bucket. */
export type LongerPairs = 'leave-out' | 'cut';

/** Pairs as plain JSON: ids of source and target. */
export type WaitingPairs = [number[], number[]][];

/** Where pairs wait until there are enough of similar length. */
export class Buckets {
  /** From the smallest to the largest, by both lengths together. */
  readonly sizes: readonly Bucket[];
  /** How many pairs fitted in no bucket and were left out. */
  leftOut = 0;
  /** How many pairs fitted in no bucket and were cut. */
  cut = 0;
  readonly #longer: LongerPairs;
  #waiting: EncodedPair[][];

  /** @throws RangeError where there are none, or a length is not a whole number above 0. */
  constructor(sizes: readonly Bucket[], longer: LongerPairs) {
    if (longer !== 'leave-out' && longer !== 'cut') {
      throw new RangeError(`longer is ${JSON.stringify(longer)}, expected "leave-out" or "cut".`);
    }
    if (!(Array.isArray(sizes) && sizes.length > 0 && sizes.every(isBucket))) {
      throw new RangeError(
        `buckets is ${JSON.stringify(sizes)}, expected at least one pair of whole numbers above 0: [[20, 21]].`,
      );
    }
    this.sizes = [...sizes].sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0]);
    this.#longer = longer;
    this.#waiting = sizes.map(() => []);
  }

  /** Puts a pair in the smallest bucket that it fits in, and says how many wait there; undefined where it is left out. */
  put(pair: EncodedPair): {index: number; waiting: number} | undefined {
    let index = this.sizes.findIndex((size) => fits(pair, size));
    if (index < 0) {
      if (this.#longer === 'leave-out') {
        this.leftOut++;
        return undefined;
      }
      this.cut++;
      index = this.sizes.length - 1;
      pair = cutTo(pair, this.sizes[index]!);
    }
    return {index, waiting: this.#waiting[index]!.push(pair)};
  }

  /** All that wait in a bucket, as a batch. */
  take(index: number): Seq2SeqBatch {
    const pairs = this.#waiting[index]!;
    this.#waiting[index] = [];
    return padded(pairs, this.sizes[index]!);
  }

  /** What waits in each. */
  get waiting(): WaitingPairs[] {
    return this.#waiting.map((pairs) => pairs.map(({source, target}) => [[...source], [...target]]));
  }

  /** @throws RangeError where it cannot be what `waiting` was of buckets of these sizes. */
  set waiting(waiting: unknown) {
    if (!this.#canBe(waiting)) {
      throw new RangeError('The pairs that wait for a batch are damaged: expected ids of sources and targets.');
    }
    this.#waiting = waiting.map((pairs) =>
      pairs.map(([source, target]) => ({source: Int32Array.from(source), target: Int32Array.from(target)})),
    );
  }

  #canBe(waiting: unknown): waiting is WaitingPairs[] {
    const fitsIn = (size: Bucket) => (pair: unknown) =>
      isEncoded(pair) && fits({source: pair[0], target: pair[1]}, size);
    return (
      Array.isArray(waiting) &&
      waiting.length === this.sizes.length &&
      waiting.every((pairs, index) => Array.isArray(pairs) && pairs.every(fitsIn(this.sizes[index]!)))
    );
  }
}

function fits(pair: Record<keyof EncodedPair, ArrayLike<number>>, [sourceLength, targetLength]: Bucket): boolean {
  return pair.source.length <= sourceLength && pair.target.length <= targetLength;
}

/** As much of a pair as a bucket holds; the target ends in EOS all the same. */
function cutTo({source, target}: EncodedPair, [sourceLength, targetLength]: Bucket): EncodedPair {
  const cut = target.slice(0, targetLength);
  cut[cut.length - 1] = reservedSymbols.EOS;
  return {source: source.slice(0, sourceLength), target: cut};
}

function isBucket(size: unknown): size is Bucket {
  return Array.isArray(size) && size.length === 2 && size.every((length) => Number.isSafeInteger(length) && length > 0);
}

function isEncoded(pair: unknown): pair is [number[], number[]] {
  const isIds = (ids: unknown) =>
    Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id >= 0);
  return Array.isArray(pair) && pair.length === 2 && pair.every(isIds);
}
