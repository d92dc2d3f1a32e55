import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {CharacterVocabulary, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import {zipSync} from 'fflate';
import type {Contest, Workload} from '../workload';

const size = 100_000_000;

/**
 * Reading, unzipping, checking and encoding a text of text8's size. The archive is made of the State of the Union, again
 * and again, so that the command needs no download; `TEXT8` may name a real one. Stock TensorFlow.js loads no corpora:
 * its side is what its examples do, a string split into characters and looked up one by one, on a tenth of the text.
 */
export const loadText8Workload: Workload = {
  name: 'load-text8',
  description: 'read, unzip, check and encode 100 MB; stock: a string and a map, of a tenth of it, times ten',
  backends: ['none'],
  nowhereElse: true,
  async prepare(): Promise<Contest> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'load-text8-'));
    const archive = process.env.TEXT8 ?? path.join(folder, 'text8.zip');
    if (!process.env.TEXT8) await writeFile(archive, zipSync({text8: await repeated()}));
    const vocabulary = new CharacterVocabulary();
    const tenth = path.join(folder, 'tenth.txt');
    await writeFile(tenth, (await loadText8({path: archive})).bytes.subarray(0, size / 10));
    return {
      ours: async () => {
        vocabulary.encode(await loadText8({path: archive}));
      },
      stock: async () => {
        const text = await readFile(tenth, 'utf8');
        const ids = new Map([...' abcdefghijklmnopqrstuvwxyz'].map((symbol, id) => [symbol, id]));
        Int32Array.from([...text].map((symbol) => ids.get(symbol)!));
      },
      stockShare: 0.1,
      amount: {characters: size},
      dispose: () => void rm(folder, {recursive: true, force: true}),
    };
  },
};

/** As many characters as text8 has, of the State of the Union again and again. */
export async function repeated(): Promise<Uint8Array> {
  const {bytes} = await loadStateOfTheUnion();
  const text = new Uint8Array(size);
  for (let at = 0; at < size; at += bytes.length) text.set(bytes.subarray(0, Math.min(bytes.length, size - at)), at);
  return text;
}
