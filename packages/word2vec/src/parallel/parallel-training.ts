import {BackendError} from '@gatefold/gpu-kernels';
import {type Checkpoint, CheckpointError, expectKnownOptions, Pause, storedTensor} from '@gatefold/training';
import {describeCorpus, expectCorpus} from '../training/expect-corpus';
import {numberAbove, wholeNumber} from '../training/expect-setting';
import type {WordCorpus} from '../training/word-corpus';
import type {Word2VecSettings} from '../training/word2vec-settings';
import type {Word2VecEvent, Word2VecTraining} from '../training/word2vec-training';
import {WordVectors} from '../word-vectors/word-vectors';
import {CorpusFeed} from './corpus-feed';
import {type ParallelOptions, parallelOptions, type ResolvedSettings, resolveSettings} from './parallel-settings';
import {commands, TrainingMemory} from './training-memory';
import {canShareMemory, coresHere, startThreads} from './training-threads';
import {type WasmKernels, wasmBinary} from './wasm-binary.generated';

const kind = 'gatefold/word2vec-parallel';

/** Milliseconds between two looks at which slots are free; they hold text for many times that. */
const lookEvery = 10;

/**
 * Trains word vectors on the cores of the processor: threads that claim a thousand words at a time and change the same
 * vectors without locks (Hogwild), in WebAssembly SIMD. The negatives of a window are shared by its context words
 * (docs/decisions/0012), which is what makes it fast.
 *
 * The threads are `worker_threads` in Node and Web Workers in a page that is cross-origin isolated. Elsewhere there is
 * one, the caller's, which lets other work through every 30 milliseconds. With one thread results are the same from run
 * to run, to the bit, on machines that both have or both lack fused multiply-add; with several they are not.
 *
 * Takes the losses `negativeSampling` and `hierarchicalSoftmax`. Memory: 8 bytes for every number of a vector, 4 MB of
 * text that waits to be read by a thread; never the corpus.
 *
 * @example
 * const training = new ParallelTraining(corpus, {dimension: 100, epochs: 5});
 * for await (const event of training.run()) if (event.kind === 'progress') console.log(event.wordsPerSecond, event.loss);
 * const vectors = await training.wordVectors();
 *
 * Source: Mikolov et al. 2013 (arXiv 1301.3781, 1310.4546); Recht et al. 2011 (Hogwild); Ji et al. 2016
 * (arXiv 1604.04661) for the sharing of negatives.
 */
export class ParallelTraining implements Word2VecTraining {
  /** How many threads train. */
  readonly threads: number;
  readonly #corpus: WordCorpus;
  readonly #settings: ResolvedSettings;
  readonly #reportEvery: number;
  readonly #shared: boolean;
  #training: TrainingMemory | undefined;
  /** The end of the run under way. */
  #underWay: Promise<void> | undefined;

  /**
   * @throws RangeError where a setting is unknown, or it or the corpus cannot be trained with; the message says why.
   * @throws BackendError where there is no such memory, or threads cannot share it here and several were asked for.
   */
  constructor(corpus: WordCorpus, given: Word2VecSettings & ParallelOptions = {}) {
    expectKnownOptions('A ParallelTraining', given, parallelOptions);
    const {threads, secondsBetweenReports = 1, ...settings} = given;
    expectCorpus(corpus);
    this.#corpus = corpus;
    this.#settings = resolveSettings(settings);
    this.#reportEvery = 1000 * numberAbove('secondsBetweenReports', secondsBetweenReports, 0);
    this.#shared = canShareMemory();
    this.threads =
      threads === undefined ? (this.#shared ? Math.min(coresHere(), 16) : 1) : wholeNumber('threads', threads);
    if (this.threads > 1 && !this.#shared) {
      throw new BackendError(
        `threads is ${threads}, but this page cannot share memory between threads: serve it with the headers ` +
          '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp", or leave "threads" out.',
      );
    }
    this.#training = new TrainingMemory(corpus, this.#settings, this.threads, this.#shared);
  }

  /**
   * Goes on from a checkpoint of `checkpoint()`: with one thread as if there had been no interruption, to the bit.
   *
   * @throws CheckpointError where the checkpoint is of another kind of training or of another corpus.
   */
  static restore(corpus: WordCorpus, checkpoint: Checkpoint, options: ParallelOptions = {}): ParallelTraining {
    const {state, tensors} = checkpoint;
    if (checkpoint.kind !== kind) {
      throw new CheckpointError(`The checkpoint is of a ${checkpoint.kind}, expected a ${kind}.`);
    }
    if (state.corpus !== describeCorpus(corpus)) {
      throw new CheckpointError(
        `The checkpoint is of a corpus of ${state.corpus}, this one has ${describeCorpus(corpus)}.`,
      );
    }
    const {negativeSamples, ...settings} = state.settings as unknown as ResolvedSettings;
    const training = new ParallelTraining(corpus, {
      ...settings,
      ...options,
      loss: negativeSamples === 0 ? {kind: 'hierarchicalSoftmax'} : {kind: 'negativeSampling', negativeSamples},
    });
    const memory = training.#training!;
    for (const name of ['inputs', 'outputs'] as const) {
      memory.write(memory[name], storedTensor(name, tensors, [memory[name].rows, settings.dimension]));
    }
    memory.startFrom(state.position as number);
    return training;
  }

  async *run({signal}: {signal?: AbortSignal} = {}): AsyncGenerator<Word2VecEvent, void, void> {
    const training = this.#memory();
    if (this.#underWay)
      throw new Error('This training is running already: wait for its end, or stop it by its signal.');
    const {chunksPerEpoch, chunks} = training;
    const stop = new AbortController();
    const stopNow = () => stop.abort();
    if (signal?.aborted) stopNow();
    signal?.addEventListener('abort', stopNow);
    const start = performance.now();
    const end = new AbortController();
    const underWay = this.#train(training, stop.signal).finally(() => {
      this.#underWay = undefined;
      end.abort();
    });
    this.#underWay = underWay.catch(() => undefined);
    try {
      let moment = momentOf(training, start);
      while (true) {
        await sleep(this.#reportEvery, end.signal);
        const last = end.signal.aborted;
        if (last) await underWay; // throws where it failed
        const [before, now] = [moment, momentOf(training)];
        // Chunks count when they are claimed, losses when they are known: there may be none yet.
        if (now.losses.count === before.losses.count && !last) continue;
        moment = now;
        if (now.position > before.position) yield this.#progress(before, now, chunks);
        const epochs = Math.floor(now.position / chunksPerEpoch);
        for (let epoch = Math.floor(before.position / chunksPerEpoch) + 1; epoch <= epochs; epoch++) {
          yield {kind: 'epoch', epoch};
        }
        if (last) break;
      }
    } finally {
      signal?.removeEventListener('abort', stopNow);
      stopNow();
      await this.#underWay;
    }
    yield {kind: 'end', seconds: (performance.now() - start) / 1000, stopped: training.position < chunks};
  }

  async wordVectors(): Promise<WordVectors> {
    const training = this.#memory();
    return new WordVectors(this.#corpus.vocabulary.words, training.read(training.inputs), this.#settings.dimension);
  }

  /** Also while it runs: the threads wait while the vectors are copied. */
  async checkpoint(): Promise<Checkpoint> {
    const training = this.#memory();
    // Asked for at every look, as what ends another checkpoint ends this one's pause too. Between the last look and
    // `goOn` nothing is awaited, so that none ends it then.
    while (this.#underWay && this.#shared && !training.pause()) await sleep(1);
    const tensors = Object.fromEntries(
      (['inputs', 'outputs'] as const).map((name) => {
        const shape = [training[name].rows, this.#settings.dimension];
        return [name, {shape, data: training.read(training[name])}];
      }),
    );
    const state = {settings: {...this.#settings}, position: training.position, corpus: describeCorpus(this.#corpus)};
    training.goOn();
    return {kind, state, tensors};
  }

  /** Ends the training and lets go of its memory. */
  dispose(): void {
    this.#training?.command(commands.end);
    this.#training = undefined;
  }

  #memory(): TrainingMemory {
    if (!this.#training) throw new Error('This training was disposed of: make a new one, or restore a checkpoint.');
    return this.#training;
  }

  /** Trains until the text is through or the signal aborts. What it leaves has no chunk begun but not ended. */
  async #train(training: TrainingMemory, signal: AbortSignal): Promise<void> {
    training.startFrom(training.position);
    const feed = new CorpusFeed(this.#corpus, training);
    const finished = () => training.position === training.chunks || signal.aborted || this.#training === undefined;
    if (finished()) return;
    training.command(commands.train);
    const module = await WebAssembly.compile(wasmBinary(this.#shared));
    if (!this.#shared) return trainHere(module, training, () => feed.fill(signal), finished);
    const end = () => training.command(commands.end);
    signal.addEventListener('abort', end);
    const threads = startThreads(module, training);
    const feedAll = async () => {
      for (; !finished(); await sleep(lookEvery)) await feed.fill(signal);
    };
    try {
      await Promise.race([feedAll(), Promise.all(threads)]);
    } finally {
      signal.removeEventListener('abort', end);
      end();
      await Promise.allSettled(threads); // where one failed the others too, or they would go on in the next run
    }
    await Promise.all(threads);
  }

  #progress(before: Moment, now: Moment, chunks: number): Word2VecEvent {
    const {learningRate: first, minimumLearningRate: last, epochs} = this.#settings;
    const totalWords = this.#corpus.rawLength * epochs;
    const words = Math.round((totalWords * now.position) / chunks);
    const wordsPerSecond = ((totalWords / chunks) * (now.position - before.position) * 1000) / (now.time - before.time);
    const measured = now.losses.count - before.losses.count;
    return {
      ...{kind: 'progress', words, totalWords, wordsPerSecond},
      loss: (now.losses.sum - before.losses.sum) / Math.max(1, measured),
      learningRate: first - (now.position / chunks) * (first - last),
      secondsLeft: (totalWords - words) / wordsPerSecond,
    };
  }
}

interface Moment {
  time: number;
  position: number;
  losses: {sum: number; count: number};
}

function momentOf(training: TrainingMemory, time = performance.now()): Moment {
  return {time, position: training.position, losses: training.losses()};
}

/** Trains on this thread alone, and lets the event loop run when enough time has passed since it last did. */
async function trainHere(
  module: WebAssembly.Module,
  {memory, plan, workspaces}: TrainingMemory,
  feed: () => Promise<void>,
  finished: () => boolean,
): Promise<void> {
  const {exports} = await WebAssembly.instantiate(module, {env: {memory}});
  const {trainNextChunk} = exports as unknown as WasmKernels;
  const pause = new Pause();
  while (!finished()) {
    if (!trainNextChunk(plan, workspaces[0]!)) await feed();
    await pause.whenDue();
  }
}

/** Resolves after a while, or when the signal aborts. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener('abort', wake);
  });
}
