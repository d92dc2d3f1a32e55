import {IdRangeError} from '@gatefold/gpu-kernels';
import type {WordCorpus} from '../training/word-corpus';
import {chunkLength} from './parallel-settings';
import type {TrainingMemory} from './training-memory';

/** Chunks that are read at once, where that many slots are free. */
const block = 64;

/** Puts the text, epoch after epoch, into the slots where threads find it. */
export class CorpusFeed {
  readonly #corpus: WordCorpus;
  readonly #training: TrainingMemory;
  readonly #read = new Int32Array(block * chunkLength);
  #next: number;

  /** Begins with the chunk at which the training stands. */
  constructor(corpus: WordCorpus, training: TrainingMemory) {
    this.#corpus = corpus;
    this.#training = training;
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
      const start = (this.#next % this.#training.chunksPerEpoch) * chunkLength;
      const ids = this.#read.subarray(0, Math.min(chunks * chunkLength, this.#corpus.length - start));
      const found = await this.#corpus.read(start, ids);
      if (signal.aborted) return; // the slots may be the next run's by now
      if (found !== ids.length) {
        throw new Error(
          `The corpus read ${found} ids from ${start}, expected ${ids.length} of its ${this.#corpus.length}.`,
        );
      }
      this.#publish(ids, start);
    }
  }

  /** How many slots one after the other can be read into at once, at most to the end of the epoch. */
  #free(): number {
    const {owners, chunks, chunksPerEpoch} = this.#training;
    const endOfEpoch = (Math.floor(this.#next / chunksPerEpoch) + 1) * chunksPerEpoch;
    const end = Math.min(this.#next + block, endOfEpoch, chunks);
    let chunk = this.#next;
    while (chunk < end && Atomics.load(owners, chunk % owners.length) === 0) chunk += 1;
    return chunk - this.#next;
  }

  #publish(ids: Int32Array, start: number): void {
    const {owners, ids: target} = this.#training;
    const size = this.#corpus.vocabulary.words.length;
    for (let at = 0; at < ids.length; at++) {
      // Read as unsigned, a negative id is too large.
      if (ids[at]! >>> 0 >= size) throw new IdRangeError('The corpus', ids[at]!, start + at, size);
    }
    for (let at = 0; at < ids.length; at += chunkLength) {
      const slot = this.#next % owners.length;
      target.set(ids.subarray(at, at + chunkLength), slot * chunkLength);
      this.#next += 1;
      Atomics.store(owners, slot, this.#next);
    }
    this.#training.wake();
  }
}
