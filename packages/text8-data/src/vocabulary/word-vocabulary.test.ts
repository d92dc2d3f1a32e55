import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {CorpusError} from '../errors/corpus-error';
import {WordVocabulary} from './word-vocabulary';

/** What Python's Counter(text.split()).most_common() gives: a map keeps the order of first occurrence, a sort that of ties. */
function mostCommon(text: string): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of text.split(' ').filter(Boolean)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Texts with words that come again, words longer than twelve letters, runs of spaces, and spaces at the ends. */
const texts = fc
  .array(
    fc.oneof(
      {weight: 4, arbitrary: fc.string({unit: fc.constantFrom(...'ab'), minLength: 1, maxLength: 3})},
      fc.string({unit: fc.constantFrom(...'az'), minLength: 10, maxLength: 15}),
      fc.constantFrom(' ', ''),
    ),
    {minLength: 1, maxLength: 60},
  )
  .map((words) => words.join(' '))
  .filter((text) => /[a-z]/.test(text));

const pairs = ({words, counts}: WordVocabulary) => words.map((word, id) => [word, counts[id]]);

describe('WordVocabulary.count', () => {
  test('by size has the most frequent words after UNK, which has the count of the others', () => {
    const vocabulary = WordVocabulary.count('b a b c a d b d e', {size: 4});
    expect(pairs(vocabulary)).toEqual([
      ['UNK', 2],
      ['b', 3],
      ['a', 2],
      ['d', 2],
    ]);
    expect([vocabulary.size, vocabulary.unknownId]).toEqual([4, 0]);
  });

  test('by size is smaller where there are fewer words', () => {
    expect(pairs(WordVocabulary.count(' fox fox dog ', {size: 50_000}))).toEqual([
      ['UNK', 0],
      ['fox', 2],
      ['dog', 1],
    ]);
  });

  test('by minimum count has the words that occur as often, and no UNK', () => {
    const vocabulary = WordVocabulary.count('b a b c a d b d e', {minimumCount: 2});
    expect(pairs(vocabulary)).toEqual([
      ['b', 3],
      ['a', 2],
      ['d', 2],
    ]);
    expect(vocabulary.unknownId).toBeUndefined();
  });

  test('leaves out words of fewer than five where nothing is said', () => {
    expect(WordVocabulary.count('a a a a a b b b b').words).toEqual(['a']);
  });

  test('agrees with a map of strings', () => {
    fc.assert(
      fc.property(texts, fc.integer({min: 2, max: 12}), fc.integer({min: 1, max: 3}), (text, size, minimumCount) => {
        const all = mostCommon(text);
        const replaced = all.slice(size - 1).reduce((sum, [, count]) => sum + count, 0);
        expect(pairs(WordVocabulary.count(text, {size}))).toEqual([['UNK', replaced], ...all.slice(0, size - 1)]);
        const kept = all.filter(([, count]) => count >= minimumCount);
        if (kept.length > 0) expect(pairs(WordVocabulary.count(text, {minimumCount}))).toEqual(kept);
        else expect(() => WordVocabulary.count(text, {minimumCount})).toThrow(RangeError);
      }),
      {seed: 20261123, numRuns: 500},
    );
  });

  test('tells a hundred thousand words apart, of all lengths to 40', () => {
    const words = Array.from({length: 100_000}, (_, index) =>
      (index + 1)
        .toString(26)
        .replace(/./g, (digit) => String.fromCharCode(0x61 + Number.parseInt(digit, 26)))
        .padStart(index % 40, 'q'),
    );
    const text = [...words, ...words].join(' ');
    expect(pairs(WordVocabulary.count(text, {minimumCount: 1}))).toEqual(mostCommon(text));
  });

  test('takes a corpus, bytes, and any text where it is to be normalised', () => {
    const bytes = new TextEncoder().encode('fox dog fox');
    const expected = [
      ['fox', 2],
      ['dog', 1],
    ];
    expect(pairs(WordVocabulary.count(bytes, {minimumCount: 1}))).toEqual(expected);
    expect(pairs(WordVocabulary.count(new Corpus('fox', bytes), {minimumCount: 1}))).toEqual(expected);
    expect(pairs(WordVocabulary.count('Fox,\nDog! FOX', {minimumCount: 1, normalise: true}))).toEqual(expected);
  });

  test('refuses other characters, with the byte and its offset, and says how to mend it', () => {
    expect(() => WordVocabulary.count('fox Dog')).toThrow('The text has byte 0x44 ("D") at offset 4');
    expect(() => WordVocabulary.count(`${'fox '.repeat(300_000)}\n`)).toThrow('byte 0x0a at offset 1200000');
    expect(() => WordVocabulary.count('fox caf\u00e9')).toThrow('Pass normalise: true');
  });

  test('refuses sizes that are none, both ways at once, and a text without words', () => {
    expect(() => WordVocabulary.count('a', {size: 1})).toThrow('size is 1, expected a whole number from 2');
    expect(() => WordVocabulary.count('a', {minimumCount: 0})).toThrow('minimumCount is 0');
    expect(() => WordVocabulary.count('a', {size: 5, minimumCount: 1})).toThrow(TypeError);
    expect(() => WordVocabulary.count('a b', {minimumCount: 2})).toThrow("None of the text's 2 words occurs 2 times");
    expect(() => WordVocabulary.count('  ', {size: 5})).toThrow("None of the text's 0 words");
  });
});

describe('WordVocabulary', () => {
  const vocabulary = WordVocabulary.count('the fox the dog the fox', {size: 3});

  test('knows the ids of words, and that of the rest', () => {
    expect(['UNK', 'the', 'fox', 'dog', 'cat'].map((word) => vocabulary.id(word))).toEqual([0, 1, 2, 0, 0]);
    expect(WordVocabulary.count('the the fox', {minimumCount: 2}).id('fox')).toBeUndefined();
    expect(vocabulary.id('constructor')).toBe(0);
  });

  test('encodes a text, and gives back its words', () => {
    expect([...vocabulary.encode(' the quick fox  the')]).toEqual([1, 0, 2, 1]);
    expect(vocabulary.decode(vocabulary.encode('the quick fox'))).toBe('the UNK fox');
    const withoutUnknown = WordVocabulary.count('the fox', {minimumCount: 1});
    expect([...withoutUnknown.encode('the quick fox quick')]).toEqual([0, 1]);
    expect(withoutUnknown.encode('')).toHaveLength(0);
    expect(() => vocabulary.encode('the Fox')).toThrow(CorpusError);
    expect(() => vocabulary.decode([1, 3])).toThrow('Id 3 at position 1 is not in the vocabulary, expected 0 to 2');
  });

  test('is plain JSON and back', () => {
    const json = JSON.parse(JSON.stringify(vocabulary));
    expect(json).toEqual({words: ['UNK', 'the', 'fox'], counts: [1, 3, 2], unknown: true});
    const again = WordVocabulary.fromJSON(json);
    expect(pairs(again)).toEqual(pairs(vocabulary));
    expect([...again.encode('fox cat')]).toEqual([2, 0]);
  });

  test('refuses JSON of something else, and words and counts that do not agree', () => {
    for (const wrong of [null, {}, {words: ['a'], counts: [1]}, {words: [1], counts: [1], unknown: false}]) {
      expect(() => WordVocabulary.fromJSON(wrong as never)).toThrow('This is not a vocabulary');
    }
    const make = (words: string[], counts: number[]) => () => new WordVocabulary({words, counts, unknown: false});
    expect(make(['a', 'b'], [1])).toThrow('2 words and 1 counts');
    expect(make([], [])).toThrow('at least 1');
    expect(make(['a', 'b', 'a'], [3, 2, 1])).toThrow('"a" comes twice');
    expect(make(['a'], [0.5])).toThrow('The count of "a" is 0.5');
  });

  test('is saved and loaded; a file of something else is named', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'words-'));
    try {
      const file = path.join(folder, 'words.json');
      await vocabulary.save(file);
      expect(pairs(await WordVocabulary.load(file))).toEqual(pairs(vocabulary));
      await writeFile(file, '{"words": [');
      await expect(WordVocabulary.load(file)).rejects.toThrow(`${file} holds no vocabulary`);
      await expect(WordVocabulary.load(path.join(folder, 'none'))).rejects.toThrow(CorpusError);
      await expect(vocabulary.save(path.join(folder, 'none', 'words.json'))).rejects.toThrow('cannot be written');
    } finally {
      await rm(folder, {recursive: true});
    }
  });
});
