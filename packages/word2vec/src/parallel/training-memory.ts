import {BackendError} from '@gatefold/gpu-kernels';
import {makeAliasTable} from '../sampling/alias-table';
import {fillUniform} from '../training/fill-uniform';
import {makeHuffmanTree} from '../training/huffman-tree';
import {keepProbabilities} from '../training/keep-probabilities';
import type {WordCorpus} from '../training/word-corpus';
import {chunkLength, type ResolvedSettings} from './parallel-settings';

/** Chunks that wait for a thread to claim them: about a million ids, a fifth of a second for two threads. */
const slots = 1024;

/** Where threads meet, as indices of `TrainingMemory.control`. */
export const control = {
  /** What the threads are to do: one of `commands`. */
  command: 0,
  /** Changes with every command and every piece of text; threads without work sleep on it. */
  signal: 1,
  /** How many threads are without work. */
  resting: 2,
  /** The number of the next chunk. */
  nextChunk: 3,
} as const;

export const commands = {pause: 0, train: 1, end: 2} as const;

/** The fields of `Plan` in assembly/memory.ts, in order. */
const planFields = [
  ...(['rowBytes', 'window', 'vocabularySize', 'negativeSamples', 'cbow', 'mean', 'chunkLength'] as const),
  ...(['chunksPerEpoch', 'lastChunkLength', 'chunks', 'learningRate', 'minimumLearningRate'] as const),
  ...(['seedLow', 'seedHigh', 'nextChunk', 'slots', 'slotOwners', 'slotIds', 'keepThresholds'] as const),
  ...(['aliasThresholds', 'aliases', 'pathStarts', 'pathSteps', 'inputs', 'outputs'] as const),
];

/** The fields of `Workspace` there, in order, after the sum of losses and its count, two float64. */
const workspaceFields = [
  ...(['sentence', 'contextRows', 'outputRows', 'labels', 'rates', 'scores'] as const),
  ...(['context', 'contextChange', 'zeros'] as const),
];

/** A matrix in the memory; its rows are padded to whole vectors of four. */
export interface Matrix {
  at: number;
  rows: number;
}

/** The one memory in which all threads train: vectors, tables, the text that waits, and a workspace for every thread. */
export class TrainingMemory {
  readonly memory: WebAssembly.Memory;
  readonly plan: number;
  readonly workspaces: number[];
  readonly controlAt: number;
  readonly control: Int32Array;
  /** Of every slot, the number of the chunk in it plus 1, or 0 once it was read. */
  readonly owners: Int32Array;
  /** `[slots, chunkLength]` ids. */
  readonly ids: Int32Array;
  readonly chunksPerEpoch: number;
  /** Over all epochs. */
  readonly chunks: number;
  /** The vectors of the words. */
  readonly inputs: Matrix;
  /** The vectors of what is predicted: words, or nodes of the Huffman tree. */
  readonly outputs: Matrix;
  readonly #dimension: number;
  readonly #columns: number;

  /** @throws BackendError where the memory is not to be had. */
  constructor(corpus: WordCorpus, settings: ResolvedSettings, threads: number, shared: boolean) {
    const {dimension, window, negativeSamples, epochs} = settings;
    const {counts} = corpus.vocabulary;
    const words = counts.length;
    this.#dimension = dimension;
    this.#columns = 4 * Math.ceil(dimension / 4);
    this.chunksPerEpoch = Math.ceil(corpus.length / chunkLength);
    this.chunks = this.chunksPerEpoch * epochs;
    const tree = negativeSamples === 0 ? makeHuffmanTree(counts) : undefined;

    let top = 1024; // nothing lies at address 0
    const take = (words: number) => {
      const at = top;
      top = Math.ceil((top + 4 * words) / 64) * 64; // no two things share a cache line
      return at;
    };
    this.controlAt = take(4);
    this.plan = take(planFields.length);
    const owners = take(slots);
    const ids = take(slots * chunkLength);
    const keepThresholds = take(words);
    const [aliasThresholds, aliases] = tree ? [0, 0] : [take(words), take(words)];
    const [pathStarts, pathSteps] = tree ? [take(words + 1), take(tree.nodes.length)] : [0, 0];
    this.inputs = {at: take(words * this.#columns), rows: words};
    const outputRows = tree ? words - 1 : words;
    this.outputs = {at: take(outputRows * this.#columns), rows: outputRows};
    const mostContexts = 2 * window;
    const mostOutputs = 12 * Math.ceil((tree?.longestPath ?? negativeSamples + 1) / 12); // whole tiles, whole vectors
    const workspaces = Array.from({length: threads}, () => ({
      at: take(4 + workspaceFields.length),
      fields: {
        sentence: take(chunkLength),
        contextRows: take(mostContexts),
        outputRows: take(mostOutputs),
        labels: take(mostOutputs),
        rates: take(mostOutputs),
        scores: take(mostContexts * mostOutputs),
        context: take(this.#columns),
        contextChange: take(this.#columns),
        zeros: take(this.#columns),
      } satisfies Record<(typeof workspaceFields)[number], number>,
    }));

    this.memory = makeMemory(top, shared, `${words} words of dimension ${dimension}`);
    const {buffer} = this.memory;
    this.workspaces = workspaces.map(({at}) => at);
    this.control = new Int32Array(buffer, this.controlAt, 4);
    this.owners = new Int32Array(buffer, owners, slots);
    this.ids = new Int32Array(buffer, ids, slots * chunkLength);
    const wordsAt = (at: number, count: number) => new Uint32Array(buffer, at, count);

    const keep = keepProbabilities(counts, settings.subsample);
    wordsAt(keepThresholds, words).set(keep.map((probability) => Math.floor(probability * (2 ** 32 - 1))));
    if (tree) {
      wordsAt(pathStarts, words + 1).set(tree.starts);
      wordsAt(pathSteps, tree.nodes.length).set(tree.nodes.map((node, index) => 2 * node + tree.branches[index]!));
    } else {
      const table = makeAliasTable(Float64Array.from(counts, (count) => count ** 0.75));
      wordsAt(aliasThresholds, words).set(table.thresholds);
      wordsAt(aliases, words).set(table.aliases);
    }
    const plan: Record<(typeof planFields)[number], number> = {
      rowBytes: 4 * this.#columns,
      ...{window, vocabularySize: words, negativeSamples, chunkLength},
      cbow: Number(settings.model === 'cbow'),
      mean: Number(settings.contextReduction === 'mean'),
      chunksPerEpoch: this.chunksPerEpoch,
      lastChunkLength: corpus.length - chunkLength * (this.chunksPerEpoch - 1),
      chunks: this.chunks,
      learningRate: float32Bits(settings.learningRate),
      minimumLearningRate: float32Bits(settings.minimumLearningRate),
      seedLow: settings.seed,
      seedHigh: Math.floor(settings.seed / 2 ** 32),
      nextChunk: this.controlAt + 4 * control.nextChunk,
      ...{slots, slotOwners: owners, slotIds: ids, keepThresholds, aliasThresholds, aliases, pathStarts, pathSteps},
      ...{inputs: this.inputs.at, outputs: this.outputs.at},
    };
    wordsAt(this.plan, planFields.length).set(planFields.map((field) => plan[field]));
    for (const {at, fields} of workspaces) {
      wordsAt(at + 16, workspaceFields.length).set(workspaceFields.map((field) => fields[field]));
    }
    // As gensim: the words' vectors small and random, the others 0.
    const row = new Float32Array(words * dimension);
    fillUniform(row, 1 / dimension, settings.seed);
    this.write(this.inputs, row);
  }

  /** The number of the next chunk. */
  get position(): number {
    return Atomics.load(this.control, control.nextChunk);
  }

  /** Sets the next chunk, and empties the slots; not while threads train. */
  startFrom(chunk: number): void {
    Atomics.store(this.control, control.nextChunk, chunk);
    this.owners.fill(0);
  }

  /** Tells the threads what to do. */
  command(command: number): void {
    Atomics.store(this.control, control.command, command);
    this.wake();
  }

  /**
   * Tells threads that train to rest when their chunk is done; the command to end stays, as some may have ended by it.
   *
   * @returns whether all rest, and will until `goOn`. While some do not, ask again.
   */
  pause(): boolean {
    const was = Atomics.compareExchange(this.control, control.command, commands.train, commands.pause);
    if (was === commands.train) this.wake();
    // In this order: a thread that reads the command after it was changed rests, one that read it before was not resting.
    return Atomics.load(this.control, control.resting) === this.workspaces.length;
  }

  /** Ends a pause; where in its course the command to end was given, that stays. */
  goOn(): void {
    Atomics.compareExchange(this.control, control.command, commands.pause, commands.train);
    this.wake();
  }

  /** Lets threads without work look again. */
  wake(): void {
    Atomics.add(this.control, control.signal, 1);
    Atomics.notify(this.control, control.signal);
  }

  /** The sum of losses that were measured, and how many, of all threads since the start. */
  losses(): {sum: number; count: number} {
    const measured = this.workspaces.map((at) => new Float64Array(this.memory.buffer, at, 2));
    const total = (index: number) => measured.reduce((sum, values) => sum + values[index]!, 0);
    return {sum: total(0), count: total(1)};
  }

  /** A copy `[rows, dimension]`. */
  read({at, rows}: Matrix): Float32Array {
    const padded = new Float32Array(this.memory.buffer, at, rows * this.#columns);
    const values = new Float32Array(rows * this.#dimension);
    for (let row = 0; row < rows; row++) {
      const start = row * this.#columns;
      values.set(padded.subarray(start, start + this.#dimension), row * this.#dimension);
    }
    return values;
  }

  write({at, rows}: Matrix, values: Float32Array): void {
    const padded = new Float32Array(this.memory.buffer, at, rows * this.#columns);
    for (let row = 0; row < rows; row++) {
      const start = row * this.#dimension;
      padded.set(values.subarray(start, start + this.#dimension), row * this.#columns);
    }
  }
}

function makeMemory(bytes: number, shared: boolean, what: string): WebAssembly.Memory {
  const page = 65_536;
  const pages = Math.ceil(bytes / page);
  try {
    if (pages > 65_536) throw new RangeError('WebAssembly has at most 4 GiB');
    return new WebAssembly.Memory({initial: pages, maximum: pages, shared});
  } catch (error) {
    throw new BackendError(
      `Training needs ${(bytes / 2 ** 30).toFixed(2)} GiB for ${what}, which are not to be had (${(error as Error).message}): ` +
        'take a smaller vocabulary or dimension.',
    );
  }
}

function float32Bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}
