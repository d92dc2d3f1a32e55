import {mkdtemp, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {decodeVectorsSafetensors, decodeWord2VecBinary, WordVectors} from '@gatefold/word2vec';
import {expect, test} from 'vitest';
import {prepareFolder, writeResults} from './results';

test('leaves vectors that can be read again, a map as three files and the neighbours', async () => {
  const words = ['war', 'peace', ...Array.from({length: 40}, (_, index) => `word${index}`)];
  const values = Float32Array.from({length: 42 * 5}, (_, index) => Math.sin(index * index));
  const vectors = new WordVectors(words, values, 5);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'word2vec-'));
  await prepareFolder(path.join(folder, 'new'));
  const files = await writeResults(path.join(folder, 'new'), vectors, 1);
  const read = (name: string) => readFile(path.join(folder, 'new', name));
  expect(files.map((file) => path.basename(file)).sort()).toEqual([
    'map.html',
    'map.png',
    'map.svg',
    'metadata.tsv',
    'neighbours.txt',
    'vectors.bin',
    'vectors.safetensors',
    'vectors.tsv',
  ]);
  expect(decodeWord2VecBinary(await read('vectors.bin')).values).toEqual(values);
  expect(decodeVectorsSafetensors(await read('vectors.safetensors')).words).toEqual(words);
  expect((await read('neighbours.txt')).toString()).toMatch(/^war +\w+ -?0\.\d\d, /);
  expect((await read('map.png')).subarray(1, 4).toString()).toBe('PNG');
  expect((await read('map.html')).toString()).toContain('>peace</text>');
  await rm(folder, {recursive: true});
});

test('leaves the vectors of two words, which make no map', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'word2vec-'));
  const files = await writeResults(folder, new WordVectors(['war', 'peace'], Float32Array.of(1, 2, 3, 4), 2), 1);
  expect(files.map((file) => path.basename(file))).toContain('vectors.bin');
  expect(files.filter((file) => path.basename(file).startsWith('map'))).toEqual([]);
  await rm(folder, {recursive: true});
});
