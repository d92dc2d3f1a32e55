import {
  type Checkpoint,
  CheckpointError,
  type JSONObject,
  NonFiniteError,
  Pause,
  restoreTensors,
  storedTensor,
  storeTensors,
} from '@gatefold/training';
import {dispose, type Scalar} from '@tensorflow/tfjs-core';
import {xoroshiro128plus, xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import {describeCorpus, expectCorpus} from '../training/expect-corpus';
import {wholeNumber} from '../training/expect-setting';
import type {WordCorpus} from '../training/word-corpus';
import type {Word2VecEvent, Word2VecTraining} from '../training/word2vec-training';
import {type Neighbour, WordVectors} from '../word-vectors/word-vectors';
import type {BatchSource} from './batch-source';
import {GivenBatches} from './given-batches';
import {initialWeights} from './initial-weights';
import {
  type MinibatchOptions,
  type MinibatchSettings,
  type NeighboursOptions,
  type ResolvedSettings,
  resolveSettings,
} from './minibatch-settings';
import {PredictionModel} from './prediction-model';
import {type SampleWords, sampling} from './sample-words';
import {WindowBatches} from './window-batches';

const kind = 'gatefold/word2vec-minibatch';

/** Steps whose losses may wait on a backend before they are read. */
const mostUnread = 16;

/**
 * Trains word vectors a batch of predictions at a time, on the tfjs backend in use when it starts. All predictions of a
 * batch share their negatives, so that the work is products of matrices; only rows that a batch touches are read and
 * written. The event loop gets a turn every 30 milliseconds.
 *
 * The same seed gives the same vectors on the same backend, to the bit. Memory: 8 bytes for every number of a vector, 16
 * with Adagrad or momentum, 24 with Adam; never the corpus.
 *
 * @example
 * await useBackend('webgpu');
 * const training = new MinibatchTraining(corpus, {dimension: 100, epochs: 5});
 * for await (const event of training.run()) if (event.kind === 'progress') console.log(event.wordsPerSecond, event.loss);
 * const vectors = await training.wordVectors();
 *
 * Source: Mikolov et al. 2013 (arXiv 1301.3781, 1310.4546); Ji et al. 2016 (arXiv 1604.04661) for the sharing of
 * negatives; TensorFlow's word2vec_basic.py for the losses that are corrected for sampling.
 */
export class MinibatchTraining implements Word2VecTraining {
  readonly #corpus: WordCorpus;
  readonly #settings: ResolvedSettings;
  readonly #reportEvery: number;
  readonly #neighbours: Required<NeighboursOptions> | undefined;
  readonly #source: BatchSource;
  readonly #sample: SampleWords;
  #random: ReturnType<typeof xoroshiro128plus>;
  #model: PredictionModel | undefined;
  #step = 0;
  /** Losses that are still on the backend. */
  #unread: {step: number; loss: Scalar}[] = [];
  /** Of the steps since the last `progress` event. */
  #losses = {sum: 0, count: 0};
  #running = false;
  #disposed = false;
  /** The end of what must not be interrupted. */
  #last: Promise<void> = Promise.resolve();

  /** @throws RangeError where a setting is unknown, or it or the corpus cannot be trained with; the message says why. */
  constructor(corpus: WordCorpus, settings: MinibatchSettings = {}) {
    expectCorpus(corpus);
    const {counts, words} = corpus.vocabulary;
    this.#corpus = corpus;
    this.#settings = resolveSettings(settings, words.length);
    this.#reportEvery = wholeNumber('reportEvery', settings.reportEvery ?? 1000);
    this.#neighbours = settings.neighbours && resolveNeighbours(settings.neighbours, words);
    this.#source = settings.batches
      ? new GivenBatches(settings.batches, this.#settings)
      : new WindowBatches(corpus, this.#settings);
    this.#sample = sampling(this.#settings.loss, counts);
    this.#random = xoroshiro128plus(this.#settings.seed + 1); // other numbers than those of the windows
  }

  /**
   * Goes on from a checkpoint of `checkpoint()`, on the tfjs backend in use, as if there had been no interruption: to the
   * bit, on the same backend. What trained on `batches` needs such again, of the same text and sizes.
   *
   * @throws CheckpointError where the checkpoint is of another kind of training or of another corpus.
   */
  static restore(
    corpus: WordCorpus,
    {kind: given, state, tensors}: Checkpoint,
    options: Pick<MinibatchOptions, 'reportEvery' | 'neighbours' | 'batches'> = {},
  ): MinibatchTraining {
    if (given !== kind) throw new CheckpointError(`The checkpoint is of a ${given}, expected a ${kind}.`);
    if (state.corpus !== describeCorpus(corpus)) {
      throw new CheckpointError(
        `The checkpoint is of a corpus of ${state.corpus}, this one has ${describeCorpus(corpus)}.`,
      );
    }
    const settings = state.settings as unknown as ResolvedSettings;
    if (settings.steps > 0 !== (options.batches !== undefined)) {
      throw new CheckpointError(
        `The checkpoint was trained on ${settings.steps > 0 ? 'batches that were given: give' : 'the corpus: leave out'} "batches".`,
      );
    }
    const training = new MinibatchTraining(corpus, {...settings, ...options} as MinibatchSettings);
    training.#restore(state, tensors);
    return training;
  }

  #restore(state: JSONObject, tensors: Checkpoint['tensors']): void {
    const {dimension, loss} = this.#settings;
    const size = this.#corpus.vocabulary.words.length;
    const stored = (name: string, shape: number[]) => storedTensor(`parameters/${name}`, tensors, shape).slice();
    const weights = {
      embeddings: stored('embeddings', [size, dimension]),
      outputs: stored('outputs', [size, dimension]),
    };
    const model = new PredictionModel(
      loss.kind === 'negativeSampling' ? weights : {...weights, biases: stored('biases', [size])},
      this.#settings,
    );
    try {
      restoreTensors('optimizer', tensors, model.optimizer.state);
      this.#source.restore(state.source as JSONObject, tensors);
    } catch (error) {
      model.dispose();
      throw error;
    }
    this.#model = model;
    this.#random = xoroshiro128plusFromState(state.random as number[]);
    this.#step = state.step as number;
    this.#losses = {...(state.losses as {sum: number; count: number})};
  }

  async *run({signal}: {signal?: AbortSignal} = {}): AsyncGenerator<Word2VecEvent, void, void> {
    if (this.#running) throw new Error('This training is running already: wait for its end, or stop it by its signal.');
    this.#running = true;
    const start = performance.now();
    const pause = new Pause();
    let [time, words, epochs, finished] = [start, this.#source.words, this.#source.epochs, false];
    try {
      if (this.#neighbours && this.#step === 0) yield await this.#neighboursNow(pause);
      while (!signal?.aborted) {
        finished = !(await this.#exclusively(() => this.#advance(pause)));
        const due = finished || this.#step % this.#reportEvery === 0;
        if (due) await this.#exclusively(() => this.#readLosses());
        if (due && this.#losses.count > 0) {
          const seconds = (performance.now() - time) / 1000;
          yield this.#progress((this.#source.words - words) / seconds);
          [time, words] = [performance.now(), this.#source.words];
        }
        while (epochs < this.#source.epochs) yield {kind: 'epoch', epoch: ++epochs};
        const {every} = this.#neighbours ?? {};
        if (every && (finished ? this.#step % every !== 0 : this.#step % every === 0)) {
          yield await this.#neighboursNow(pause);
        }
        if (finished) break;
        await pause.whenDue();
      }
    } finally {
      this.#running = false;
    }
    await this.#exclusively(() => this.#readLosses());
    yield {kind: 'end', seconds: (performance.now() - start) / 1000, stopped: !finished};
  }

  async wordVectors(): Promise<WordVectors> {
    const {embeddings} = (await this.#ready(new Pause())).parameters;
    const values = (await embeddings!.data<'float32'>()).slice(); // on cpu the memory that the next step changes
    return new WordVectors(this.#corpus.vocabulary.words, values, this.#settings.dimension);
  }

  /** Also while it runs: the next step waits until the vectors are copied. */
  async checkpoint(): Promise<Checkpoint> {
    return this.#exclusively(async () => {
      const model = await this.#ready(new Pause());
      await this.#readLosses();
      const source = this.#source.checkpoint();
      return {
        kind,
        state: {
          settings: {...this.#settings},
          corpus: describeCorpus(this.#corpus),
          ...{step: this.#step, losses: {...this.#losses}, random: [...this.#random.getState()], source: source.state},
        },
        tensors: {
          ...(await storeTensors('parameters', model.parameters)),
          ...(await storeTensors('optimizer', model.optimizer.state)),
          ...source.tensors,
        },
      };
    });
  }

  /** Lets go of the vectors; a run under way fails at its next step. */
  dispose(): void {
    dispose(this.#unread.map(({loss}) => loss));
    this.#unread = [];
    this.#model?.dispose();
    this.#model = undefined;
    this.#disposed = true;
  }

  /** The vectors on the backend in use, made where there are none yet. */
  async #ready(pause: Pause): Promise<PredictionModel> {
    if (!this.#model && !this.#disposed) {
      const weights = await initialWeights(this.#corpus.vocabulary.words.length, this.#settings, pause);
      if (!this.#disposed) this.#model ??= new PredictionModel(weights, this.#settings);
    }
    if (!this.#model) throw new Error('This training was disposed of: make a new one, or restore a checkpoint.');
    return this.#model;
  }

  /** One step, where there is one left to do. */
  async #advance(pause: Pause): Promise<boolean> {
    await this.#ready(pause);
    const batch = await this.#source.next();
    if (!batch) return false;
    const model = await this.#ready(pause); // it may have been disposed of meanwhile
    const words = this.#sample(batch.targets, this.#random);
    const loss = model.step(batch, words, {step: this.#step, learningRate: this.#learningRate});
    this.#unread.push({step: this.#step, loss});
    this.#step += 1;
    if (this.#unread.length >= mostUnread) await this.#readLosses();
    return true;
  }

  get #learningRate(): number {
    const {learningRate, minimumLearningRate} = this.#settings;
    const done = this.#source.words / this.#source.totalWords;
    return Math.max(minimumLearningRate, learningRate - done * (learningRate - minimumLearningRate)); // but for rounding
  }

  /** @throws NonFiniteError where a loss is. */
  async #readLosses(): Promise<void> {
    const unread = this.#unread;
    this.#unread = [];
    try {
      const losses = await Promise.all(unread.map(({loss}) => loss.data()));
      losses.forEach(([loss], index) => {
        if (!Number.isFinite(loss)) throw new NonFiniteError(unread[index]!.step, undefined, loss!);
        this.#losses.sum += loss!;
        this.#losses.count += 1;
      });
    } finally {
      dispose(unread.map(({loss}) => loss));
    }
  }

  #progress(wordsPerSecond: number): Word2VecEvent {
    const {words, totalWords} = this.#source;
    const loss = this.#losses.sum / this.#losses.count;
    this.#losses = {sum: 0, count: 0};
    return {
      ...{kind: 'progress', words, totalWords, wordsPerSecond, loss},
      learningRate: this.#learningRate,
      secondsLeft: (totalWords - words) / wordsPerSecond,
    };
  }

  async #neighboursNow(pause: Pause): Promise<Word2VecEvent> {
    const {words, count} = this.#neighbours!;
    const vectors = await this.wordVectors();
    const neighbours: Record<string, Neighbour[]> = {};
    for (const word of words) {
      await pause.whenDue();
      neighbours[word] = vectors.mostSimilar(word, {count});
    }
    return {kind: 'neighbours', step: this.#step, neighbours};
  }

  /** Runs one thing after the other. */
  async #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** @throws RangeError where a number is out of range; WordVectorsError where a word is not in the vocabulary. */
function resolveNeighbours(
  {words, every = 10_000, count = 8}: NeighboursOptions,
  vocabulary: readonly string[],
): Required<NeighboursOptions> {
  const missing = words.find((word) => !vocabulary.includes(word));
  if (missing !== undefined) {
    throw new RangeError(`neighbours.words has "${missing}", which is not among the ${vocabulary.length} words.`);
  }
  return {words, every: wholeNumber('neighbours.every', every), count: wholeNumber('neighbours.count', count)};
}
