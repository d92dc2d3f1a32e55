import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {type BackendName, useBackend} from '@gatefold/gpu-kernels';
import {loadText8} from '@gatefold/text8-data';
import {decodeWord2VecBinary, type WordVectors} from '@gatefold/word2vec';
import type {Options} from '../options';
import {type Course, course} from '../races/course';
import {linesOf, type TrainingTime, trainGensim} from '../races/gensim';
import {type Trained, trainVectors} from '../races/train-vectors';
import {cell} from '../row';
import {meanOf, readEvaluation, type Scores} from './scores';

/** One trainer's vectors of one text. */
export interface QualityRow extends Scores {
  corpus: string;
  model: Course['model'];
  loss: 'negative sampling';
  trainer: string;
  /** How many threads, or which backend. */
  on: string;
  epochs: number;
  learningRate: number;
  /** Means of the trainings, from file to vectors, and of the training alone. */
  seconds: number;
  wordsPerSecond: number;
  seeds: number[];
  /** The scores of each. */
  each: Pick<Scores, 'analogies' | 'wordsim' | 'simlex'>[];
}

/** Trains on each corpus with each of some seeds, and scores the vectors: the mean of them is a row. */
export async function* measureQuality(
  models: readonly Course['model'][],
  options: Options,
): AsyncGenerator<QualityRow> {
  const evaluate = await readEvaluation(options.evaluation);
  const corpora = options.corpus.length > 0 ? options.corpus : [process.env.TEXT8].filter((file) => file !== undefined);
  if (corpora.length === 0) throw new Error('--quality needs --corpus PATH, a text to train on, once or more.');
  await useBackend(backendOf(options)); // where analogies are computed too
  for (const corpus of corpora) for (const model of models) yield* rowsOf(corpus, model, options, evaluate);
}

const backendOf = ({backend = 'wasm'}: Options) => backend as BackendName;

async function* rowsOf(
  file: string,
  model: Course['model'],
  options: Options,
  evaluate: (vectors: WordVectors) => Promise<Scores>,
): AsyncGenerator<QualityRow> {
  const {epochs: given, seed, seeds: count, peers, way} = options;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'word-vectors-'));
  try {
    const text = await loadText8({path: file});
    const epochs = given ?? (text.length < 50_000_000 ? 10 : 5);
    const settings = course(model, epochs);
    const threads = os.availableParallelism();
    const row = async (trainer: string, on: string, seeds: number[], train: (seed: number) => Promise<Trained>) => {
      const trained: TrainingTime[] = [];
      const each: Scores[] = [];
      for (const seed of seeds) {
        const {vectors, ...time} = await train(seed);
        trained.push(time);
        each.push(await evaluate(vectors));
      }
      const mean = (key: 'seconds' | 'wordsPerSecond') =>
        trained.reduce((sum, time) => sum + time[key], 0) / trained.length;
      return {
        ...{corpus: text.name, model, loss: 'negative sampling' as const, trainer, on, epochs},
        ...{learningRate: settings.learningRate, ...meanOf(each)},
        ...{seconds: mean('seconds'), wordsPerSecond: mean('wordsPerSecond'), seeds},
        each: each.map(({analogies, wordsim, simlex}) => ({analogies, wordsim, simlex})),
      };
    };
    const seeds = Array.from({length: count}, (_, index) => seed + index);
    const onThreads = `${threads} threads`;
    if (way !== 'minibatch') {
      yield await row('ParallelTraining', onThreads, seeds, (seed) => trainVectors(file, settings, {threads}, seed));
    }
    if (way !== 'parallel') {
      const train = (seed: number) => trainVectors(file, settings, 'minibatch', seed);
      yield await row('MinibatchTraining', backendOf(options), seeds, train);
    }
    if (!peers) return;
    const [lines, vectors] = [path.join(folder, 'lines'), path.join(folder, 'vectors.bin')];
    await writeFile(lines, linesOf(text));
    const first = await trainGensim({...settings, file: lines, threads, seed, vectors});
    if (!first) return;
    yield await row(first.peer, onThreads, [seed], async () => {
      return {...first, vectors: decodeWord2VecBinary(await readFile(vectors))};
    });
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

const columns: [string, number, (row: QualityRow) => string][] = [
  ['corpus', -12, ({corpus}) => corpus],
  ['model', -10, ({model}) => model],
  ['loss', -19, ({loss}) => loss],
  ['trained by', -19, ({trainer}) => trainer],
  ['on', -11, ({on}) => on],
  ['seeds', -7, ({seeds}) => seeds.join(' ')],
  ['epochs', 6, ({epochs}) => String(epochs)],
  ['seconds', 9, ({seconds}) => seconds.toFixed(1)],
  ['words/s', 12, ({wordsPerSecond}) => Math.round(wordsPerSecond).toLocaleString('en')],
  ['analogies', 11, ({analogies}) => `${analogies.toFixed(1)} %`],
  ['asked', 8, ({asked}) => asked.analogies.toLocaleString('en')],
  ['WordSim', 9, ({wordsim}) => wordsim.toFixed(3)],
  ['SimLex', 9, ({simlex}) => simlex.toFixed(3)],
];

export const qualityHead = columns.map(([name, width]) => cell(name, width)).join('');

export function qualityLine(row: QualityRow): string {
  return columns.map(([, width, show]) => cell(show(row), width)).join('');
}
