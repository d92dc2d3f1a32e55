import {spawnSync} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {zipSync} from 'fflate';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {CbowBatches} from '../batches/cbow-batches';
import {CorpusError} from '../errors/corpus-error';
import {WordVocabulary} from '../vocabulary/word-vocabulary';
import {type EncodeWordsOptions, encodeWords} from './encoded-corpus';
import {EncodedFile, encodeWordsToFile} from './encoded-file';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'encoded-'));
  target = path.join(folder, 'target.words');
});
afterEach(() => rm(folder, {recursive: true, force: true}));

const encoder = new TextEncoder();
// Five million bytes, so that words are cut by the chunks that files are read in; every number as a word of its own.
const word = (number: number) => number.toString().replace(/./g, (digit) => String.fromCharCode(0x61 + Number(digit)));
const long = Array.from({length: 400_000}, (_, index) => `${word(index % 60_000)} ${word(index % 700)} of`).join(' ');

async function written(name: string, contents: Uint8Array | string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, contents);
  return file;
}

/** All ids of a file, which is then closed. */
function idsOf(file: EncodedFile): Int32Array {
  const ids = new Int32Array(file.length);
  expect(file.read(0, ids)).toBe(file.length);
  file.close();
  return ids;
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield encoder.encode(chunk);
}

describe('encodeWordsToFile', () => {
  const ways: [string, EncodeWordsOptions][] = [
    ['by size', {vocabularySize: 5000}],
    ['by minimum count', {minimumCount: 7}],
    ['by a vocabulary', {vocabulary: WordVocabulary.count('of aa b of', {minimumCount: 1})}],
  ];
  test.each(ways)('gives what encoding in memory gives, %s, of a plain file and of an archive', async (_, options) => {
    const expected = encodeWords(long, options);
    const bytes = encoder.encode(long);
    const archives = [zipSync({long: bytes}, {level: 1}), zipSync({long: bytes}, {level: 0})];
    for (const source of [bytes, ...archives]) {
      const file = await encodeWordsToFile(await written('source', source), target, options);
      expect([file.length, file.rawLength]).toEqual([expected.length, expected.rawLength]);
      expect(file.vocabulary.toJSON()).toEqual(expected.vocabulary.toJSON());
      expect(idsOf(file).every((id, index) => id === expected.ids[index])).toBe(true);
    }
    expect((await readdir(folder)).toSorted()).toEqual(['source', 'target.words']);
  });

  test('joins the words that chunks cut', async () => {
    const file = await encodeWordsToFile(chunksOf('the qui', 'c', 'k', ' ', 'fox th', 'e'), target, {minimumCount: 1});
    expect(file.vocabulary.words).toEqual(['the', 'quick', 'fox']);
    expect([...idsOf(file)]).toEqual([0, 1, 2, 0]);
  });

  test('says how far it is, of a file and of what an archive holds', async () => {
    for (const source of [encoder.encode(long), zipSync({long: encoder.encode(long)}, {level: 1})]) {
      const seen: (number | undefined)[][] = [];
      const onProgress = ({received, total}: {received: number; total?: number}) => seen.push([received, total]);
      (await encodeWordsToFile(await written('source', source), target, {onProgress})).close();
      expect(seen.length).toBeGreaterThan(3);
      expect(seen.at(-1)).toEqual([long.length, long.length]);
    }
  });

  test('takes line ends for spaces where it normalises, and else names them with their offset', async () => {
    const lines = await written('lines.txt', `The fox,\n${'a '.repeat(1_000_000)}\nthe fox`);
    const file = await encodeWordsToFile(lines, target, {minimumCount: 2, normalise: true});
    expect(file.vocabulary.words).toEqual(['a', 'the', 'fox']);
    file.close();
    const plain = await written('plain.txt', `${'a '.repeat(1_000_000)}\n`);
    await expect(encodeWordsToFile(plain, target)).rejects.toThrow('plain.txt has byte 0x0a at offset 2000000');
  });

  test('reads a pipe', async () => {
    const pipe = path.join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const [file] = await Promise.all([
      encodeWordsToFile(pipe, target, {minimumCount: 1}),
      writeFile(pipe, 'the fox the'),
    ]);
    expect([...idsOf(file)]).toEqual([0, 1, 0]);
  });

  test('leaves what was there, and nothing beside it, when it fails', async () => {
    await writeFile(target, 'before');
    const archive = zipSync({long: encoder.encode(long)}, {level: 1});
    const damaged = archive.slice();
    damaged[archive.length >> 1]! ^= 0x55;
    const failures: [string | AsyncIterable<Uint8Array>, EncodeWordsOptions & {signal?: AbortSignal}, unknown][] = [
      [await written('capital', 'the Fox'), {}, /byte 0x46/],
      [await written('damaged.zip', damaged), {}, /damaged.zip is not a whole zip archive/],
      [await written('cut.zip', archive.subarray(0, -30)), {}, /cut.zip is not a whole zip archive/],
      [path.join(folder, 'nowhere'), {}, /nowhere cannot be read/],
      [folder, {}, /cannot be read/],
      [await written('rare', 'a b c'), {minimumCount: 2}, /occurs 2 times/],
      [chunksOf('fox'), {minimumCount: 0}, /minimumCount is 0/],
      [chunksOf('fox'), {signal: AbortSignal.abort(new Error('enough'))}, /enough/],
    ];
    for (const [source, options, message] of failures) {
      await expect(encodeWordsToFile(source, target, options)).rejects.toThrow(message as RegExp);
    }
    expect(await readFile(target, 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    await expect(encodeWordsToFile(chunksOf('fox'), path.join(folder, 'no', 'file'))).rejects.toThrow(CorpusError);
  });

  test('stops at a signal', async () => {
    const controller = new AbortController();
    const endless = (async function* () {
      for (;;) yield encoder.encode('the fox ');
    })();
    let seen = 0;
    const onProgress = () => {
      if (++seen === 10) controller.abort(new Error('enough'));
    };
    await expect(encodeWordsToFile(endless, target, {signal: controller.signal, onProgress})).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses an archive that says it unpacks to less than it does', async () => {
    const liar = zipSync({long: encoder.encode(long)}, {level: 1});
    const end = new DataView(liar.buffer, liar.byteOffset + liar.length - 22);
    new DataView(liar.buffer, liar.byteOffset + end.getUint32(16, true)).setUint32(24, 1000, true);
    await expect(encodeWordsToFile(await written('liar.zip', liar), target)).rejects.toThrow('expected 1000 with');
  });
});

describe('EncodedFile', () => {
  test('is opened again, and read from anywhere, to its end', async () => {
    (await encodeWordsToFile(chunksOf('a b c d e'), target, {minimumCount: 1})).close();
    const file = await EncodedFile.open(target);
    const into = new Int32Array(3);
    expect([file.read(1, into), ...into]).toEqual([3, 1, 2, 3]);
    expect([file.read(3, into), ...into]).toEqual([2, 3, 4, 3]);
    expect(file.read(5, into)).toBe(0);
    expect(file.read(99, into)).toBe(0);
    expect(file.vocabulary.words).toEqual(['a', 'b', 'c', 'd', 'e']);
    file.close();
  });

  test('gives the batches that ids in memory give, round its end', async () => {
    const text = 'the quick brown fox jumps over the lazy dog';
    const file = await encodeWordsToFile(chunksOf(text), target, {minimumCount: 1});
    const expected = new CbowBatches(encodeWords(text, {minimumCount: 1}), {batchSize: 7});
    const batches = new CbowBatches(file, {batchSize: 7});
    for (let round = 0; round < 5; round++) expect(batches.next()).toEqual(expected.next());
    file.close();
  });

  test('that was cut anywhere, or is another, is an error', async () => {
    (await encodeWordsToFile(chunksOf('a b c d e'), target, {minimumCount: 1})).close();
    const whole = await readFile(target);
    for (let length = 0; length < whole.length; length++) {
      await writeFile(target, whole.subarray(0, length));
      await expect(EncodedFile.open(target), `${length} bytes`).rejects.toThrow(CorpusError);
      await writeFile(target, whole.subarray(whole.length - length));
      await expect(EncodedFile.open(target), `the last ${length} bytes`).rejects.toThrow(
        'no whole file of encoded words',
      );
    }
    await expect(EncodedFile.open(folder)).rejects.toThrow(CorpusError);
    await expect(EncodedFile.open(path.join(folder, 'none'))).rejects.toThrow('cannot be read');
  });

  test('gives no id that is not of its vocabulary', async () => {
    (await encodeWordsToFile(chunksOf('a b c'), target, {minimumCount: 1})).close();
    const bytes = await readFile(target);
    bytes.writeInt32LE(-7, 4);
    await writeFile(target, bytes);
    const file = await EncodedFile.open(target);
    expect(() => file.read(0, new Int32Array(3))).toThrow('word 1 has the id -7, expected 0 to 2');
    file.close();
  });
});
