import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {type Corpus, encodeWords, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import {ParallelTraining, type Word2VecSettings} from '@gatefold/word2vec';
import type {Options} from '../options';
import type {Race, RaceRow} from './race';

const settings = {dimension: 100, window: 5} satisfies Word2VecSettings;
const minimumCount = 5;
/** Bytes to train on: as many epochs as it takes, so that the start of threads is a small part. */
const enough = 20_000_000;

interface Course {
  model: 'skipGram' | 'cbow';
  epochs: number;
}

/** What one training took, from a text file to vectors. */
interface Run {
  /** Raw words a second of the training alone. */
  wordsPerSecond: number;
  /** Reading, counting and encoding included. */
  seconds: number;
}

/**
 * Vectors of 100 numbers from a text: window 5, 5 negatives, words that occur 5 times. The text is the State of the Union;
 * `TEXT8` may name a larger one. The peer is gensim, reading the same text from a file (`corpus_file`), in turn with ours.
 */
export function wordVectors(name: string, model: 'skipGram' | 'cbow'): Race {
  const kind = model === 'cbow' ? 'CBOW' : 'skip-gram';
  return {
    name,
    description: `${kind}, D 100, window 5, 5 negatives, on one thread and on two; --peers: gensim`,
    async *run(options) {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'word-vectors-'));
      try {
        const text = process.env.TEXT8 ? await loadText8({path: process.env.TEXT8}) : await loadStateOfTheUnion();
        const epochs = Math.ceil(enough / text.length);
        const files = {text: path.join(folder, 'text'), lines: path.join(folder, 'lines')};
        await writeFile(files.text, text.bytes);
        await writeFile(files.lines, linesOf(text));
        for (const threads of [1, 2]) yield* race(name, {model, epochs}, threads, files, options);
      } finally {
        await rm(folder, {recursive: true, force: true});
      }
    },
  };
}

/** A thousand words a line, for gensim, which takes at most ten thousand. */
function linesOf({bytes}: Corpus): Uint8Array {
  const lines = bytes.slice();
  let words = 0;
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] === 0x20 && ++words % 1000 === 0) lines[at] = 0x0a;
  }
  return lines;
}

async function* race(
  workload: string,
  course: Course,
  threads: number,
  files: {text: string; lines: string},
  {seconds, seed, peers}: Options,
): AsyncGenerator<RaceRow> {
  const ours: Run[] = [];
  const theirs: Run[] = [];
  let peer = '';
  const start = performance.now();
  while (ours.length < 3 || performance.now() - start < 500 * seconds) {
    ours.push(await train(files.text, {...settings, ...course, seed}, threads));
    if (!peers) continue;
    const run = await trainGensim(files.lines, course, threads, seed);
    if (!run) break;
    peer = run.peer;
    theirs.push(run);
    // A round of a large text takes minutes.
    if (performance.now() - start > 1000 * seconds) break;
  }
  for (const [unit, figure] of [
    ['words/s', ({wordsPerSecond}: Run) => wordsPerSecond],
    ['s', ({seconds}: Run) => seconds],
  ] as const) {
    const mine = summarise(ours.map(figure));
    const row: RaceRow = {
      ...{workload, threads, unit, n: ours.length},
      ...{ours: mine.median, spread: {ours: mine.range}},
    };
    if (theirs.length > 0) {
      const other = summarise(theirs.map(figure));
      const ratio = unit === 's' ? other.median / mine.median : mine.median / other.median;
      Object.assign(row, {peer, theirs: other.median, ratio});
      row.spread.theirs = other.range;
    }
    yield row;
  }
}

async function train(file: string, options: Course & {seed: number}, threads: number): Promise<Run> {
  const start = performance.now();
  const corpus = encodeWords(await loadText8({path: file}), {minimumCount});
  const training = new ParallelTraining(corpus, {...options, threads});
  let trained = 0;
  for await (const event of training.run()) if (event.kind === 'end') trained = event.seconds;
  await training.wordVectors();
  const seconds = (performance.now() - start) / 1000;
  training.dispose();
  return {wordsPerSecond: (corpus.rawLength * options.epochs) / trained, seconds};
}

const script = path.join(import.meta.dirname, '..', 'peers', 'gensim_word2vec.py');

/** Returns nothing where Python or gensim is not there. Python is `python3`, or what the variable PYTHON names. */
async function trainGensim(
  file: string,
  course: Course,
  threads: number,
  seed: number,
): Promise<(Run & {peer: string}) | undefined> {
  const parameters = {...settings, ...course, file, threads, seed, minimumCount};
  const given = Object.entries(parameters).map(([name, value]) => `--${name}=${value}`);
  try {
    const {stdout} = await promisify(execFile)(process.env.PYTHON ?? 'python3', [script, ...given]);
    return JSON.parse(stdout);
  } catch (error) {
    const {stderr, message} = error as {stderr?: string; message: string};
    process.stderr.write(`gensim is left out: ${(stderr || message).trim().split('\n').at(-1)}\n`);
    return undefined;
  }
}

function summarise(values: number[]): {median: number; range: [number, number]} {
  const sorted = values.toSorted((a, b) => a - b);
  return {median: sorted[Math.floor(sorted.length / 2)]!, range: [sorted[0]!, sorted.at(-1)!]};
}
