import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {xoroshiro128plus, xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import {type Pair, type PairLike, sidesOf} from './pair';

/** Pairs any of which can be asked for: an array, a `PairFile`. */
export interface ReadablePairs {
  readonly length: number;
  at(index: number): PairLike | undefined;
}

/** Pairs that are drawn without end, and know where they are: `ReversedWords`. */
export interface EndlessPairs {
  next(): PairLike;
  state(): PairOrderState;
  restore(state: Readonly<Record<string, unknown>>): void;
}

/** Where an order is; plain JSON. */
export type PairOrderState = {[name: string]: number | string | number[] | null};

/** Pairs one after the other, without end. */
export interface PairOrder {
  /** How many pairs come before the first one comes again; a large number where that cannot be known. */
  readonly length: number;
  next(): Pair;
  /** All pairs, each once; undefined where they have no end. */
  once(): Iterable<Pair> | undefined;
  state(): PairOrderState;
  restore(state: Readonly<Record<string, unknown>>): void;
}

/** The order of any pairs: shuffled anew in every pass where there is a seed, and else their own. */
export function orderOf(pairs: ReadablePairs | EndlessPairs | Iterable<PairLike>, seed: number | undefined): PairOrder {
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new RangeError(`seed is ${seed}, expected a whole number.`);
  }
  if ('at' in pairs) return new ShuffledOrder(pairs, seed);
  if (seed !== undefined) {
    throw new TypeError(
      'Received a seed for pairs that come in an order of their own. Shuffle an array or a PairFile, or give the seed to ' +
        'what makes the pairs.',
    );
  }
  return 'restore' in pairs ? new EndlessOrder(pairs) : new RepeatedOrder(pairs);
}

/** Every pair once a pass, each pass in an order that follows from the seed. */
class ShuffledOrder implements PairOrder {
  readonly #pairs: ReadablePairs;
  /** Of the random numbers, where this pass was shuffled; null where pairs come in their own order. */
  #passRandom: number[] | null;
  /** The same after that. */
  #nextRandom: number[] | null = null;
  #order = new Int32Array();
  #position = 0;

  constructor(pairs: ReadablePairs, seed: number | undefined) {
    if (pairs.length === 0) throw new RangeError('There are no pairs, expected at least one.');
    this.#pairs = pairs;
    this.#passRandom = seed === undefined ? null : [...xoroshiro128plus(seed).getState()];
    this.#shuffle();
  }

  get length(): number {
    return this.#pairs.length;
  }

  next(): Pair {
    if (this.#position === this.length) {
      this.#passRandom = this.#nextRandom;
      this.#shuffle();
      this.#position = 0;
    }
    const index = this.#passRandom ? this.#order[this.#position]! : this.#position;
    this.#position++;
    return sidesOf(this.#pairs.at(index)!);
  }

  *once(): Generator<Pair> {
    for (let index = 0; index < this.length; index++) yield sidesOf(this.#pairs.at(index)!);
  }

  #shuffle(): void {
    if (!this.#passRandom) return;
    const random = xoroshiro128plusFromState(this.#passRandom);
    const order = Int32Array.from({length: this.length}, (_, index) => index);
    for (let last = order.length - 1; last > 0; last--) {
      const chosen = uniformInt(random, 0, last);
      const index = order[last]!;
      order[last] = order[chosen]!;
      order[chosen] = index;
    }
    this.#order = order;
    this.#nextRandom = [...random.getState()];
  }

  state(): PairOrderState {
    return {length: this.length, position: this.#position, random: this.#passRandom};
  }

  restore({length, position, random}: Readonly<Record<string, unknown>>): void {
    if (length !== this.length) {
      throw new RangeError(`The batches to go on with are of ${String(length)} pairs, expected ${this.length}.`);
    }
    checkPosition(position, this.length);
    const isRandom = Array.isArray(random) && random.length === 4 && random.every((part) => Number.isInteger(part));
    if (random !== null && !isRandom) {
      throw new RangeError(`The pairs' random is ${JSON.stringify(random)}, expected four whole numbers or null.`);
    }
    this.#position = position;
    this.#passRandom = random as number[] | null;
    this.#shuffle();
  }
}

/** Pairs that order themselves. */
class EndlessOrder implements PairOrder {
  readonly length = 100_000;
  readonly #pairs: EndlessPairs;

  constructor(pairs: EndlessPairs) {
    this.#pairs = pairs;
  }

  next(): Pair {
    return sidesOf(this.#pairs.next());
  }

  once(): undefined {
    return undefined;
  }

  state(): PairOrderState {
    return this.#pairs.state();
  }

  restore(state: Readonly<Record<string, unknown>>): void {
    this.#pairs.restore(state);
  }
}

/** Whatever can be iterated over, again and again. */
class RepeatedOrder implements PairOrder {
  readonly length = 100_000;
  readonly #pairs: Iterable<PairLike>;
  #pass: Iterator<PairLike>;
  /** How many pairs of this pass were given. */
  #position = 0;

  constructor(pairs: Iterable<PairLike>) {
    this.#pairs = pairs;
    this.#pass = pairs[Symbol.iterator]();
  }

  next(): Pair {
    for (let isNewPass = false; ; isNewPass = true) {
      const {done, value} = this.#pass.next();
      if (!done) {
        this.#position++;
        return sidesOf(value);
      }
      if (isNewPass || this.#position === 0) {
        throw new RangeError(
          'The pairs have come to their end and cannot be iterated over again. Pass an array, or an object that makes a ' +
            'new iterator each time.',
        );
      }
      this.#pass = this.#pairs[Symbol.iterator]();
      this.#position = 0;
    }
  }

  *once(): Generator<Pair> {
    for (const pair of this.#pairs) yield sidesOf(pair);
  }

  state(): PairOrderState {
    return {position: this.#position};
  }

  restore({position}: Readonly<Record<string, unknown>>): void {
    checkPosition(position, Number.MAX_SAFE_INTEGER);
    const pass = this.#pairs[Symbol.iterator]();
    for (let index = 0; index < position; index++) {
      if (pass.next().done) {
        throw new RangeError(`The batches to go on with are of ${position} pairs or more, these have ${index}.`);
      }
    }
    this.#pass = pass;
    this.#position = position;
  }
}

function checkPosition(position: unknown, most: number): asserts position is number {
  if (typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 && position <= most) return;
  throw new RangeError(`The pairs' position is ${String(position)}, expected a whole number up to ${most}.`);
}
