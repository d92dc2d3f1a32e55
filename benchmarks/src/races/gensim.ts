import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';

/** What one training of vectors took. */
export interface TrainingTime {
  /** Raw words a second of the training alone. */
  wordsPerSecond: number;
  /** From a text file to vectors: reading, counting and encoding included. */
  seconds: number;
}

export interface GensimSettings {
  /** Of at most ten thousand words a line, as its parallel way wants it; `linesOf` makes it. */
  file: string;
  model: 'skipGram' | 'cbow';
  learningRate: number;
  dimension: number;
  window: number;
  epochs: number;
  minimumCount: number;
  threads: number;
  seed: number;
  /** Where the vectors are to go, in word2vec's binary format; nowhere unless told. */
  vectors?: string;
}

const script = path.join(import.meta.dirname, '..', 'peers', 'gensim_word2vec.py');

/** Returns nothing where Python or gensim is not there. Python is `python3`, or what the variable PYTHON names. */
export async function trainGensim(settings: GensimSettings): Promise<(TrainingTime & {peer: string}) | undefined> {
  const given = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  try {
    const {stdout} = await promisify(execFile)(process.env.PYTHON ?? 'python3', [script, ...given]);
    return JSON.parse(stdout);
  } catch (error) {
    const {stderr, message} = error as {stderr?: string; message: string};
    process.stderr.write(`gensim is left out: ${(stderr || message).trim().split('\n').at(-1)}\n`);
    return undefined;
  }
}

/** A thousand words a line. */
export function linesOf({bytes}: {bytes: Uint8Array}): Uint8Array {
  const lines = bytes.slice();
  let words = 0;
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] === 0x20 && ++words % 1000 === 0) lines[at] = 0x0a;
  }
  return lines;
}
