import {mkdir, mkdtemp, open, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';
import {readVectors, type VectorsFormat, writeVectors} from './read-and-write';
import {vectorFiles as pageFiles} from './vector-files-browser';
import {encodeWord2VecBinary} from './word2vec-binary';

const vectors = new WordVectors(['a', 'zürich'], Float32Array.of(0.1, -1, 2, 1e-7), 2);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'vectors-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));
const at = (name: string) => path.join(folder, name);

describe('files of vectors', () => {
  test.each(['a.txt', 'a.vec', 'A.BIN', 'a.safetensors'])(
    '%s comes back the same, its format told by its name',
    async (name) => {
      await writeVectors(at(name), vectors);
      expect(await readVectors(at(name))).toEqual(vectors);
      expect(await readdir(folder)).toEqual([name]);
    },
  );

  test('a format that is given goes before the name', async () => {
    await writeVectors(at('a.kv'), vectors, {format: 'word2vec-binary'});
    expect(new Uint8Array(await readFile(at('a.kv')))).toEqual(encodeWord2VecBinary(vectors));
    expect(await readVectors(at('a.kv'), {format: 'word2vec-binary'})).toEqual(vectors);
    await expect(readVectors(at('a.kv'))).rejects.toThrow('tells of no format');
    await expect(readVectors(at('a.kv'), {format: 'toString' as VectorsFormat})).rejects.toThrow(
      'The format is toString',
    );
  });

  test('what cannot be written leaves everything as it was', async () => {
    await mkdir(at('a.bin/in the way'), {recursive: true});
    await expect(writeVectors(at('a.bin'), vectors)).rejects.toThrow(/a\.bin cannot be written.*untouched/);
    await expect(writeVectors(at('missing/a.bin'), vectors)).rejects.toThrow(WordVectorsError);
    const odd = new WordVectors(['new york'], Float32Array.of(1), 1);
    await writeVectors(at('b.bin'), vectors);
    await expect(writeVectors(at('b.bin'), odd)).rejects.toThrow('"new york" cannot be written');
    expect(await readVectors(at('b.bin'))).toEqual(vectors);
    expect((await readdir(folder)).sort()).toEqual(['a.bin', 'b.bin']);
  });

  test('what is cut, of another format, missing, a folder or a device is an error that names the file', async () => {
    const bytes = encodeWord2VecBinary(vectors);
    await writeFile(at('cut.bin'), bytes.subarray(0, bytes.length - 1));
    await writeFile(at('a.safetensors'), bytes);
    await writeFile(at('empty.txt'), '');
    for (const name of ['cut.bin', 'a.safetensors', 'empty.txt', 'nowhere.bin', '']) {
      const reading = readVectors(at(name), name === '' ? {format: 'word2vec-text'} : {});
      await expect(reading).rejects.toThrow(WordVectorsError);
      await expect(reading).rejects.toThrow(at(name));
    }
    await expect(readVectors('/dev/zero', {format: 'word2vec-text'})).rejects.toThrow('it is no file');
  });

  test('a file longer than Node reads at once is an error before it is read', async () => {
    const file = await open(at('huge.bin'), 'w');
    await file.truncate(2 ** 31); // sparse: it takes no room
    await file.close();
    await expect(readVectors(at('huge.bin'))).rejects.toThrow('2147483648 bytes, more than the 2147483647');
  });
});

test('a page is told what to do in place of it', async () => {
  await expect(pageFiles.read('a.bin', 1)).rejects.toThrow('decodeWord2VecBinary');
  await expect(pageFiles.write('a.bin', new Uint8Array(1))).rejects.toThrow('encodeWord2VecBinary');
});
