import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {WordReader} from './word-reader';
import {WordTable} from './word-table';

const encoder = new TextEncoder();

/** The words of a text that comes in pieces cut at some places. */
function wordsOf(bytes: Uint8Array, cuts: number[], normalise = false): string[] {
  const table = new WordTable();
  const reader = new WordReader('The text', table, {grow: true, normalise});
  const numbers: number[] = [];
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < borders.length; index++) {
    numbers.push(...reader.push(bytes.subarray(borders[index - 1], borders[index])));
  }
  numbers.push(...reader.end());
  expect(reader.length).toBe(numbers.length);
  const words = table.words();
  return numbers.map((number) => words[number]!);
}

const cuts = fc.array(fc.nat(80), {maxLength: 8});

describe('WordReader', () => {
  test('gives whole words wherever a text is cut', () => {
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom(...'abc '), maxLength: 80}), cuts, (text, cuts) => {
        expect(wordsOf(encoder.encode(text), cuts)).toEqual(text.split(' ').filter(Boolean));
      }),
      {seed: 20261123, numRuns: 1000},
    );
  });

  test('normalises a text the same wherever it is cut, within a character too', () => {
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom(...'aB7é\n '), maxLength: 40}), cuts, (text, cuts) => {
        const bytes = encoder.encode(text);
        expect(wordsOf(bytes, cuts, true)).toEqual(wordsOf(bytes, [], true));
      }),
      {seed: 20261123, numRuns: 1000},
    );
  });

  test('names the offset of a byte in the whole text, not in its piece', () => {
    const reader = new WordReader('fox.txt', new WordTable(), {grow: true});
    reader.push(encoder.encode('the quick br'));
    expect(() => reader.push(encoder.encode('own Fox'))).toThrow('fox.txt has byte 0x46 ("F") at offset 16');
  });

  test('gives words that a table without room for more does not have its size as their number', () => {
    const table = new WordTable();
    new WordReader('The text', table, {grow: true}).push(encoder.encode('fox dog '));
    const reader = new WordReader('The text', table, {grow: false});
    expect([...reader.push(encoder.encode('dog cat internationalisation fox '))]).toEqual([1, 2, 2, 0]);
    expect(table.size).toBe(2);
  });
});
