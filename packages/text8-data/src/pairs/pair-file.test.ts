import {appendFile, mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {zipSync} from 'fflate';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {PairFile} from './pair-file';
import {readPairs} from './read-pairs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gatefold-'));
});
afterAll(() => rm(folder, {recursive: true}));

const inFolder = (name: string) => path.join(folder, name);

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A text in chunks of some length. */
async function* chunked(text: string | Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const text = 'Go.\tVa !\tCC-BY\r\nHi.\tSalut 🦊\tCC-BY\nRun!\tCours !\tCC-BY';
const pairs = [
  ['Go.', 'Va !'],
  ['Hi.', 'Salut 🦊'],
  ['Run!', 'Cours !'],
];

describe('readPairs', () => {
  test.each([1, 2, 5, 1000])(
    'gives the same pairs of chunks of %d bytes, the last line ended or not',
    async (length) => {
      expect(await collected(readPairs(chunked(text, length)))).toEqual(pairs);
      expect(await collected(readPairs(chunked(`${text}\n`, length)))).toEqual(pairs);
    },
  );

  test('takes the columns it is told to', async () => {
    expect(await collected(readPairs(chunked(text, 9), {columns: [1, 0]}))).toEqual(pairs.map(([a, b]) => [b, a]));
    await expect(collected(readPairs(chunked(text, 9), {columns: [1, -1]}))).rejects.toThrow('columns is [1,-1]');
  });

  test('reads a file, and the one file of an archive', async () => {
    const bytes = new TextEncoder().encode(text);
    await writeFile(inFolder('fra.txt'), bytes);
    await writeFile(inFolder('fra.zip'), zipSync({'fra.txt': bytes}));
    expect(await collected(readPairs(inFolder('fra.txt')))).toEqual(pairs);
    expect(await collected(readPairs(inFolder('fra.zip')))).toEqual(pairs);
    await expect(collected(readPairs(inFolder('none')))).rejects.toThrow(CorpusError);
  });

  test.each([
    ['a\tb\nc d\n', {}, 'Line 2 of the text has one column, expected at least 2'],
    ['a\tb\n\nc\td', {}, 'Line 2 of the text has one column'],
    ['a\tb\n\tb\n', {}, 'Line 2 of the text has nothing in column 1'],
    ['a\t\r\n', {}, 'Line 1 of the text has nothing in column 2'],
    ['a\tb', {columns: [0, 2] as const}, 'Line 1 of the text has 2 columns, expected at least 3'],
  ])('names the line of %j', async (text, options, message) => {
    await expect(collected(readPairs(chunked(text, 4), options))).rejects.toThrow(message);
    await expect(collected(readPairs(chunked(text, 4), options))).rejects.toThrow(CorpusError);
  });

  test('names a line that is not UTF-8', async () => {
    const bytes = Uint8Array.of(97, 9, 98, 10, 97, 9, 0xe9, 10);
    await expect(collected(readPairs(chunked(bytes, 3)))).rejects.toThrow('Line 2 of the text is not UTF-8');
  });
});

describe('PairFile', () => {
  test('gives any pair of a file', async () => {
    await writeFile(inFolder('any.tsv'), text);
    const file = await PairFile.open(inFolder('any.tsv'));
    expect(file.length).toBe(3);
    expect([2, 0, 1].map((index) => file.at(index))).toEqual([pairs[2], pairs[0], pairs[1]]);
    expect([...file]).toEqual(pairs);
    expect([...file.sources()]).toEqual(pairs.map(([source]) => source));
    expect([...file.targets()]).toEqual(pairs.map(([, target]) => target));
    for (const index of [3, -1, 0.5]) expect(() => file.at(index)).toThrow(`no pair ${index} in any.tsv`);
    file.close();
  });

  test('has the pairs that are read from end to end', async () => {
    const column = fc.string({unit: fc.constantFrom('a', 'é', '🦊', ' '), minLength: 1, maxLength: 9});
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(column, column), {minLength: 1, maxLength: 3000}), async (pairs) => {
        await writeFile(inFolder('many.tsv'), pairs.map((pair) => `${pair.join('\t')}\n`).join(''));
        const file = await PairFile.open(inFolder('many.tsv'));
        expect([...file]).toEqual(pairs);
        expect(await collected(readPairs(inFolder('many.tsv')))).toEqual(pairs);
        file.close();
      }),
      {seed: 20261125, numRuns: 20},
    );
  });

  test('refuses at once what holds no pairs, and names the line', async () => {
    await writeFile(inFolder('wrong.tsv'), 'a\tb\nc\n');
    await expect(PairFile.open(inFolder('wrong.tsv'))).rejects.toThrow('Line 2 of wrong.tsv has one column');
    await writeFile(inFolder('empty.tsv'), '');
    await expect(PairFile.open(inFolder('empty.tsv'))).rejects.toThrow('empty.tsv is empty');
    await writeFile(inFolder('pairs.zip'), zipSync({'a.tsv': new TextEncoder().encode(text)}));
    await expect(PairFile.open(inFolder('pairs.zip'))).rejects.toThrow('zip archive');
    await expect(PairFile.open(inFolder('none.tsv'))).rejects.toThrow(CorpusError);
  });

  test('says so where a line was changed since', async () => {
    await writeFile(inFolder('changed.tsv'), 'a\tb\n');
    const file = await PairFile.open(inFolder('changed.tsv'));
    await writeFile(inFolder('changed.tsv'), 'abc\n');
    await appendFile(inFolder('changed.tsv'), 'd');
    expect(() => file.at(0)).toThrow('Line 1 of changed.tsv');
    file.close();
  });
});
