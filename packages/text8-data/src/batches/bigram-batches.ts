import type {Corpus} from '../corpus/corpus';
import {type BigramVocabulary, bigramId} from '../vocabulary/bigram-vocabulary';
import {CharacterVocabulary} from '../vocabulary/character-vocabulary';
import {refuseString} from './refuse-string';
import {type SequenceBatch, SequenceBatches, type SequenceBatchesState} from './sequence-batches';

export interface BigramBatchesOptions {
  /** Says whether pairs overlap. */
  vocabulary: BigramVocabulary;
  /** B, how many places of the text are read at once; default 64. */
  batchSize?: number;
  /** T, how many pairs of each place a batch has; default 10. */
  sequenceLength?: number;
  /** A whole number that moves all places by one random offset; without it they are the exercise's. */
  seed?: number;
}

/** Where a generator is, in characters, of which `sequenceLength` counts those of its pairs; plain JSON. */
export type BigramBatchesState = SequenceBatchesState & {overlapping: boolean};

/**
 * `SequenceBatches` of bigrams: B cursors spread evenly over the characters of the text, each batch going on where the
 * last ended, the targets being the pairs that follow each pair of the inputs.
 *
 * @example
 * const batches = new BigramBatches(corpus, {vocabulary: new BigramVocabulary(), batchSize: 64, sequenceLength: 10});
 * const {inputs, targets} = batches.next(); // [10, 64] each, of 20 characters a cursor
 *
 * Memory: one byte a character beside the corpus; pairs are made as they are asked for.
 */
export class BigramBatches implements Iterable<SequenceBatch> {
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly vocabularySize: number;
  readonly #overlapping: boolean;
  /** How many characters a cursor moves from one pair to the next. */
  readonly #step: number;
  readonly #characters: SequenceBatches;
  /** The characters of the batch after this one, of which the last targets are made. */
  #ahead: SequenceBatch;
  /** Where `#characters` was before it gave `#ahead`. */
  #position: SequenceBatchesState;

  /**
   * @throws RangeError where a size is not a whole number above 0, or the text has less than 2 characters a cursor. TypeError
   *   where the text is a string.
   */
  constructor(corpus: Corpus, options: BigramBatchesOptions) {
    refuseString(corpus, "a Corpus, new Corpus('mine', new TextEncoder().encode(text))");
    const {vocabulary, batchSize = 64, sequenceLength = 10, seed} = options;
    if (!(Number.isSafeInteger(sequenceLength) && sequenceLength > 0)) {
      throw new RangeError(`sequenceLength is ${sequenceLength}, expected a whole number above 0.`);
    }
    this.batchSize = batchSize;
    this.sequenceLength = sequenceLength;
    this.vocabularySize = vocabulary.size;
    this.#overlapping = vocabulary.overlapping;
    this.#step = vocabulary.charactersPerSymbol;
    this.#characters = new SequenceBatches(corpus, {
      vocabulary: new CharacterVocabulary(),
      batchSize,
      sequenceLength: sequenceLength * this.#step,
      seed,
    });
    this.#position = this.#characters.state();
    this.#ahead = this.#characters.next();
  }

  /** The next batch, in arrays of its own. */
  next(): SequenceBatch {
    const {batchSize, sequenceLength} = this;
    const inputs = this.#pairs(this.#ahead); // [T, B]
    this.#position = this.#characters.state();
    this.#ahead = this.#characters.next();
    const targets = new Int32Array(sequenceLength * batchSize);
    targets.set(inputs.subarray(batchSize));
    targets.set(this.#pairs(this.#ahead).subarray(0, batchSize), targets.length - batchSize);
    return {inputs, targets};
  }

  /** The pairs that begin at every `#step`th character. A character's target is the one that follows it. */
  #pairs({inputs, targets}: SequenceBatch): Int32Array {
    const {batchSize} = this;
    return Int32Array.from({length: inputs.length / this.#step}, (_, index) => {
      const at = Math.floor(index / batchSize) * this.#step * batchSize + (index % batchSize);
      return bigramId(inputs[at]!, targets[at]!);
    });
  }

  /** An endless iteration that goes on from where the generator is. */
  *[Symbol.iterator](): Generator<SequenceBatch, never, undefined> {
    for (;;) yield this.next();
  }

  /** Where the generator is, for a checkpoint. */
  state(): BigramBatchesState {
    return {...this.#position, overlapping: this.#overlapping};
  }

  /**
   * Goes to where another generator over the same text was, whatever the seeds of the two.
   *
   * @throws RangeError where the state is of pairs that overlap and these do not, or the other way round, of another text
   *   length or batch shape, or damaged.
   */
  restore(state: Readonly<Record<string, unknown>>): void {
    const {overlapping = this.#overlapping} = state; // earlier versions did not say
    if (overlapping !== this.#overlapping) {
      throw new RangeError(
        `The batches to go on with have overlapping ${String(overlapping)}, these have ${this.#overlapping}: ` +
          'use the same vocabulary.',
      );
    }
    this.#characters.restore(state);
    this.#position = this.#characters.state();
    this.#ahead = this.#characters.next();
  }
}
