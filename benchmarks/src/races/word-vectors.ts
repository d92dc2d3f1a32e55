import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import type {Options} from '../options';
import {type Course, course} from './course';
import {linesOf, type TrainingTime, trainGensim} from './gensim';
import type {Race, RaceRow} from './race';
import {trainVectors} from './train-vectors';

/** Bytes to train on: as many epochs as it takes, so that the start of threads is a small part. */
const enough = 20_000_000;

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
        for (const threads of [1, 2]) yield* race(name, course(model, epochs), threads, files, options);
      } finally {
        await rm(folder, {recursive: true, force: true});
      }
    },
  };
}

async function* race(
  workload: string,
  settings: Course,
  threads: number,
  files: {text: string; lines: string},
  {seconds, seed, peers}: Options,
): AsyncGenerator<RaceRow> {
  const ours: TrainingTime[] = [];
  const theirs: TrainingTime[] = [];
  let peer = '';
  const start = performance.now();
  while (ours.length < 3 || performance.now() - start < 500 * seconds) {
    ours.push(await trainVectors(files.text, settings, {threads}, seed));
    if (!peers) continue;
    const run = await trainGensim({...settings, file: files.lines, threads, seed});
    if (!run) break;
    peer = run.peer;
    theirs.push(run);
    // A round of a large text takes minutes.
    if (performance.now() - start > 1000 * seconds) break;
  }
  for (const [unit, figure] of [
    ['words/s', ({wordsPerSecond}: TrainingTime) => wordsPerSecond],
    ['s', ({seconds}: TrainingTime) => seconds],
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

function summarise(values: number[]): {median: number; range: [number, number]} {
  const sorted = values.toSorted((a, b) => a - b);
  const [below, above] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return {median: (below + above) / 2, range: [sorted[0]!, sorted.at(-1)!]};
}
