import {IdRangeError} from '@gatefold/gpu-kernels';
import type {JSONObject, StoredTensor} from '@gatefold/training';
import {xoroshiro128plus, xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import {keepProbabilities} from '../training/keep-probabilities';
import type {WordCorpus} from '../training/word-corpus';
import type {BatchSource} from './batch-source';
import type {ResolvedSettings} from './minibatch-settings';
import type {Batch} from './prediction-model';

/** Ids that are read at once; no window reaches beyond them. */
const pieceLength = 10_000;

/**
 * The batches of word2vec.c: frequent words dropped at random, and for each word left a window shrunk at random to
 * 1..window. Skip-gram pairs the word with each of those around it, CBOW predicts it from them. The predictions of some
 * ten thousand words are shuffled together, so that those of one batch share few rows.
 */
export class WindowBatches implements BatchSource {
  readonly totalWords: number;
  readonly #corpus: WordCorpus;
  readonly #settings: ResolvedSettings;
  readonly #keep: Float64Array;
  /** Words of a context, C. */
  readonly #width: number;
  #random: ReturnType<typeof xoroshiro128plus>;
  /** How many ids have been read, over all epochs. */
  #read = 0;
  /** Predictions made of them that are still to come, in the order in which they come. */
  #waiting: Required<Batch> = {inputs: new Int32Array(), sizes: new Int32Array(), targets: new Int32Array()};
  #next = 0;

  constructor(corpus: WordCorpus, settings: ResolvedSettings) {
    this.#corpus = corpus;
    this.#settings = settings;
    this.#keep = keepProbabilities(corpus.vocabulary.counts, settings.subsample);
    this.#width = settings.model === 'cbow' ? 2 * settings.window : 1;
    this.#random = xoroshiro128plus(settings.seed);
    this.totalWords = corpus.rawLength * settings.epochs;
  }

  get words(): number {
    return Math.round((this.#done / this.#corpus.length) * this.#corpus.rawLength);
  }

  get epochs(): number {
    return Math.floor(this.#done / this.#corpus.length);
  }

  /** Ids all of whose predictions are done; those of a piece are done evenly. */
  get #done(): number {
    const {length} = this.#waiting.targets;
    if (length === 0) return this.#read;
    const inEpoch = this.#read % this.#corpus.length || this.#corpus.length;
    const lastPiece = inEpoch % pieceLength || pieceLength;
    return this.#read - Math.ceil((lastPiece * (length - this.#next)) / length);
  }

  async next(): Promise<Batch | undefined> {
    const {batchSize} = this.#settings;
    const end = this.#corpus.length * this.#settings.epochs;
    while (this.#waiting.targets.length - this.#next < batchSize && this.#read < end) await this.#readPiece();
    const first = this.#next;
    this.#next = Math.min(first + batchSize, this.#waiting.targets.length);
    return this.#next === first ? undefined : this.#slice(first, this.#next);
  }

  #slice(first: number, end: number): Required<Batch> {
    const {inputs, sizes, targets} = this.#waiting;
    return {
      inputs: inputs.slice(first * this.#width, end * this.#width),
      sizes: sizes.slice(first, end),
      targets: targets.slice(first, end),
    };
  }

  /** @throws Error where the corpus gives fewer ids than it has; IdRangeError where one is outside its vocabulary. */
  async #readPiece(): Promise<void> {
    const {length, vocabulary} = this.#corpus;
    const start = this.#read % length;
    const ids = new Int32Array(Math.min(pieceLength, length - start));
    const found = await this.#corpus.read(start, ids);
    if (found !== ids.length) {
      throw new Error(`The corpus read ${found} ids from ${start}, expected ${ids.length} of its ${length}.`);
    }
    const outside = ids.findIndex((id) => id < 0 || id >= vocabulary.words.length);
    if (outside >= 0) throw new IdRangeError('The corpus', ids[outside]!, start + outside, vocabulary.words.length);
    this.#predict(ids.filter((id) => this.#keep[id]! >= 1 || this.#uniform() < this.#keep[id]!));
    this.#read += ids.length;
  }

  /** Adds the predictions of a text to those that wait, shuffled among themselves. */
  #predict(text: Int32Array): void {
    const {model, window} = this.#settings;
    const reaches = Int32Array.from(text, () => 1 + Math.floor(this.#uniform() * window));
    const [inputs, sizes, targets]: [number[], number[], number[]] = [[], [], []];
    reaches.forEach((reach, centre) => {
      const [from, to] = [Math.max(0, centre - reach), Math.min(text.length - 1, centre + reach)];
      if (from === to) return;
      if (model === 'skipGram') {
        for (let at = from; at <= to; at++) {
          if (at === centre) continue;
          inputs.push(text[centre]!);
          sizes.push(1);
          targets.push(text[at]!);
        }
        return;
      }
      for (let at = from; at <= to; at++) if (at !== centre) inputs.push(text[at]!);
      const size = to - from;
      const repeated = inputs.at(-1)!;
      for (let at = size; at < this.#width; at++) inputs.push(repeated);
      sizes.push(size);
      targets.push(text[centre]!);
    });
    const left = this.#slice(this.#next, this.#waiting.targets.length);
    const width = this.#width;
    const all = {
      inputs: new Int32Array(left.inputs.length + inputs.length),
      sizes: new Int32Array(left.sizes.length + sizes.length),
      targets: new Int32Array(left.targets.length + targets.length),
    };
    all.inputs.set(left.inputs);
    all.sizes.set(left.sizes);
    all.targets.set(left.targets);
    // Fisher & Yates, from the inside out.
    for (let index = 0; index < targets.length; index++) {
      const [last, place] = [
        left.targets.length + index,
        left.targets.length + Math.floor(this.#uniform() * (index + 1)),
      ];
      all.inputs.copyWithin(last * width, place * width, (place + 1) * width);
      all.sizes[last] = all.sizes[place]!;
      all.targets[last] = all.targets[place]!;
      for (let at = 0; at < width; at++) all.inputs[place * width + at] = inputs[index * width + at]!;
      all.sizes[place] = sizes[index]!;
      all.targets[place] = targets[index]!;
    }
    this.#waiting = all;
    this.#next = 0;
  }

  /** In [0, 1). */
  #uniform(): number {
    return (this.#random.next() >>> 0) / 2 ** 32;
  }

  checkpoint() {
    const {targets} = this.#waiting;
    const integers = (data: Int32Array): StoredTensor => ({shape: [data.length], data});
    const {inputs, sizes, targets: left} = this.#slice(0, targets.length);
    return {
      state: {read: this.#read, next: this.#next, random: [...this.#random.getState()]},
      tensors: {
        'waiting/inputs': integers(inputs),
        'waiting/sizes': integers(sizes),
        'waiting/targets': integers(left),
      },
    };
  }

  restore({read, next, random}: JSONObject, tensors: Readonly<Record<string, StoredTensor>>): void {
    const integers = (name: keyof Batch) => (tensors[`waiting/${name}`]!.data as Int32Array).slice();
    this.#random = xoroshiro128plusFromState(random as number[]);
    this.#waiting = {inputs: integers('inputs'), sizes: integers('sizes'), targets: integers('targets')};
    this.#read = read as number;
    this.#next = next as number;
  }
}
