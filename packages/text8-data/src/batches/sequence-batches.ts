import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import type {Corpus} from '../corpus/corpus';
import type {CharacterVocabulary} from '../vocabulary/character-vocabulary';
import {refuseString} from './refuse-string';

/** Sequences and what follows each of their symbols; both `[T, B]`, time-major, flattened. */
export interface SequenceBatch {
  inputs: Int32Array;
  targets: Int32Array;
}

export interface SequenceBatchesOptions {
  /** Encodes a corpus; with ids, only says how many symbols there are. */
  vocabulary?: Pick<CharacterVocabulary, 'size' | 'encode'>;
  /** B, how many places of the text are read at once; default 64. */
  batchSize?: number;
  /** T, how many symbols of each place a batch has; default 10. */
  sequenceLength?: number;
  /** A whole number that moves all places by one random offset; without it they are the exercise's. */
  seed?: number;
}

/** Where a generator is; plain JSON. */
export type SequenceBatchesState = {
  /** The offset in the text that the first cursor reads next. */
  position: number;
  length: number;
  batchSize: number;
  sequenceLength: number;
};

/**
 * The batch generator of the classic exercise: B cursors spread evenly over the text, each batch going on where the last
 * ended. The targets are the inputs shifted by one symbol; the last targets of a batch are the first inputs of the next.
 * Cursors wrap at the end of the text, so there is always a next batch.
 *
 * @example
 * const batches = new SequenceBatches(corpus, {vocabulary: new CharacterVocabulary(), batchSize: 64, sequenceLength: 10});
 * const {inputs, targets} = batches.next(); // [10, 64] each
 *
 * Memory: one byte a character beside the corpus; ids are kept, not copied.
 */
export class SequenceBatches implements Iterable<SequenceBatch> {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** How many symbols there are, of which those of the text may be only some; unknown of ids without a vocabulary. */
  readonly vocabularySize: number | undefined;
  readonly #ids: Uint8Array | Int32Array;
  /** The distance between two cursors. */
  readonly #segment: number;
  /** Where the first cursor is. */
  #position: number;

  /**
   * @param text a corpus, for which `vocabulary` must be given, or ids.
   * @throws RangeError where a size is not a whole number above 0, the text is too short to give each cursor two symbols
   *   of its own, or an id is not in the vocabulary. TypeError where the text is a string.
   */
  constructor(text: Corpus | Uint8Array | Int32Array, options: SequenceBatchesOptions = {}) {
    refuseString(text, 'its ids, vocabulary.encode(text), or a Corpus');
    const {vocabulary, batchSize = 64, sequenceLength = 10, seed} = options;
    for (const [name, value] of Object.entries({batchSize, sequenceLength})) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
      }
    }
    if (seed !== undefined && !Number.isSafeInteger(seed)) {
      throw new RangeError(`seed is ${seed}, expected a whole number.`);
    }
    if (text.length < 2 * batchSize) {
      throw new RangeError(
        `The text has ${text.length} symbols, expected at least 2 for each of the ${batchSize} sequences of a batch. ` +
          'Take a longer text or a smaller batchSize.',
      );
    }
    if ('bytes' in text) {
      if (!vocabulary) throw new TypeError('A corpus needs a vocabulary: new SequenceBatches(corpus, {vocabulary}).');
      this.#ids = vocabulary.encode(text);
    } else {
      expectIds(text, vocabulary?.size);
      this.#ids = text;
    }
    this.vocabularySize = vocabulary?.size;
    this.batchSize = batchSize;
    this.sequenceLength = sequenceLength;
    this.#segment = Math.floor(text.length / batchSize);
    this.#position = seed === undefined ? 0 : uniformInt(xoroshiro128plus(seed), 0, this.#segment - 1);
  }

  /** The next batch, in arrays of its own. */
  next(): SequenceBatch {
    const {batchSize, sequenceLength} = this;
    const {length} = this.#ids;
    const inputs = new Int32Array(sequenceLength * batchSize);
    const targets = new Int32Array(sequenceLength * batchSize);
    for (let cursor = 0; cursor < batchSize; cursor++) {
      let at = (this.#position + cursor * this.#segment) % length;
      let id = this.#ids[at]!;
      for (let index = cursor; index < inputs.length; index += batchSize) {
        inputs[index] = id;
        at = at + 1 === length ? 0 : at + 1;
        id = this.#ids[at]!;
        targets[index] = id;
      }
    }
    this.#position = (this.#position + sequenceLength) % length;
    return {inputs, targets};
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<SequenceBatch, never, undefined> {
    for (;;) yield this.next();
  }

  /** Where the generator is, for a checkpoint. */
  state(): SequenceBatchesState {
    const {batchSize, sequenceLength} = this;
    return {position: this.#position, length: this.#ids.length, batchSize, sequenceLength};
  }

  /**
   * Goes to where another generator over the same text was, whatever the seeds of the two.
   *
   * @throws RangeError where the state is of another text length or batch shape, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    const own = this.state();
    for (const key of ['length', 'batchSize', 'sequenceLength'] as const) {
      if (state[key] !== own[key]) {
        throw new RangeError(
          `The batches to go on with have ${key} ${String(state[key])}, these have ${own[key]}: use the same text and sizes.`,
        );
      }
    }
    const {position} = state;
    if (!(typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 && position < own.length)) {
      throw new RangeError(
        `The batches' position is ${String(position)}, expected a whole number below ${own.length}.`,
      );
    }
    this.#position = position;
  }
}

/** Throws at the first id that is negative, or not in the vocabulary. */
function expectIds(ids: Uint8Array | Int32Array, vocabularySize = Number.POSITIVE_INFINITY): void {
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    if (id >= 0 && id < vocabularySize) continue;
    const expected = Number.isFinite(vocabularySize) ? `0 to ${vocabularySize - 1}` : '0 and up';
    throw new RangeError(`Id ${id} at offset ${index} is not in the vocabulary, expected ${expected}.`);
  }
}
