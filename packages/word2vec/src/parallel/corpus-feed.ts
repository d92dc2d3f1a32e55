import {IdRangeError} from '@gatefold/gpu-kernels';
import type {WordCorpus} from '../training/word-corpus';
import {chunkOrder} from './chunk-order';
import {chunkLength} from './parallel-settings';
import type {TrainingMemory} from './training-memory';

/** Chunks that are read at once, where that many slots are free. */
const block = 64;

/** Puts the text, epoch after epoch and in the order of `chunkOrder`, into the slots where threads find it. */
export class CorpusFeed {
  readonly #corpus: WordCorpus;
  readonly #training: TrainingMemory;
  readonly #placeOf: (position: number) => number;
  readonly #read = new Int32Array(block * chunkLength);
  #next: number;

  /** Begins with the chunk at which the training stands. */
  constructor(corpus: WordCorpus, training: TrainingMemory) {
    this.#corpus = corpus;
    this.#training = training;
    this.#placeOf = chunkOrder(training.chunksPerEpoch);
    this.#next = training.position;
  }

  /**
   * Reads into every slot that is free.
   *
   * @throws Error where the corpus gives fewer ids than it has.
   * @throws IdRangeError where an id is outside its vocabulary.
   */
  async fill(signal: AbortSignal): Promise<void> {
    for (let chunks = this.#free(); chunks > 0 && !signal.aborted; chunks = this.#free()) {
      const read = await Promise.all(Array.from({length: chunks}, (_, index) => this.#readChunk(index)));
      if (signal.aborted) return; // the slots may be the next run's by now
      for (const ids of read) this.#publish(ids);
    }
  }

  /** How many slots one after the other can be read into at once. */
  #free(): number {
    const {owners, chunks} = this.#training;
    const end = Math.min(this.#next + block, chunks);
    let chunk = this.#next;
    while (chunk < end && Atomics.load(owners, chunk % owners.length) === 0) chunk += 1;
    return chunk - this.#next;
  }

  /** Of those that are read at once, the chunk at `index`. */
  async #readChunk(index: number): Promise<Int32Array> {
    const {length, vocabulary} = this.#corpus;
    const start = this.#placeOf((this.#next + index) % this.#training.chunksPerEpoch) * chunkLength;
    const ids = this.#read.subarray(index * chunkLength).subarray(0, Math.min(chunkLength, length - start));
    const found = await this.#corpus.read(start, ids);
    if (found !== ids.length) {
      throw new Error(`The corpus read ${found} ids from ${start}, expected ${ids.length} of its ${length}.`);
    }
    const size = vocabulary.words.length;
    for (let at = 0; at < ids.length; at++) {
      // Read as unsigned, a negative id is too large.
      if (ids[at]! >>> 0 >= size) throw new IdRangeError('The corpus', ids[at]!, start + at, size);
    }
    return ids;
  }

  #publish(ids: Int32Array): void {
    const {owners, ids: target} = this.#training;
    const slot = this.#next % owners.length;
    target.set(ids, slot * chunkLength);
    this.#next += 1;
    Atomics.store(owners, slot, this.#next);
    this.#training.wake();
  }
}
