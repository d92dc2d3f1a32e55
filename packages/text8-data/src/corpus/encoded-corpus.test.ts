import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {WordVocabulary} from '../vocabulary/word-vocabulary';
import {Corpus} from './corpus';
import {encodeWords} from './encoded-corpus';

const text = ' the fox the dog the fox';

describe('encodeWords', () => {
  test('counts and encodes, by size or by minimum count', () => {
    const bySize = encodeWords(text, {vocabularySize: 3});
    expect(bySize.vocabulary.words).toEqual(['UNK', 'the', 'fox']);
    expect([...bySize.ids]).toEqual([1, 2, 1, 0, 1, 2]);
    const byCount = encodeWords(text, {minimumCount: 2});
    expect([...byCount.ids]).toEqual([0, 1, 0, 0, 1]);
    expect([byCount.length, byCount.rawLength]).toEqual([5, 6]);
  });

  test('takes words counted elsewhere', () => {
    const vocabulary = WordVocabulary.count(text, {size: 3});
    const encoded = encodeWords('the cat', {vocabulary});
    expect(encoded.vocabulary).toBe(vocabulary);
    expect([...encoded.ids]).toEqual([1, 0]);
    const words = WordVocabulary.count(text, {minimumCount: 2});
    const corpus = encodeWords('cat the cat fox', {vocabulary: words});
    expect([[...corpus.ids], corpus.rawLength]).toEqual([[0, 1], 4]);
  });

  test('agrees with a string that is split', () => {
    fc.assert(
      fc.property(
        fc
          .string({unit: fc.constantFrom(...'ab '), minLength: 1, maxLength: 100})
          .filter((given) => given.trim() !== ''),
        fc.integer({min: 2, max: 9}),
        (given, vocabularySize) => {
          const words = given.split(' ').filter(Boolean);
          const {vocabulary, ids, rawLength} = encodeWords(given, {vocabularySize});
          expect(rawLength).toBe(words.length);
          expect([...ids]).toEqual(words.map((word) => vocabulary.id(word)));
          expect(vocabulary.encode(given)).toEqual(ids);
          const occurring = vocabulary.words.map((_, id) => ids.filter((each) => each === id).length);
          expect([...vocabulary.counts]).toEqual(occurring);
        },
      ),
      {seed: 20261123, numRuns: 500},
    );
  });

  test('reads a corpus longer than what is read at once', () => {
    const long = new Corpus('fox', new TextEncoder().encode('the quick brown fox '.repeat(200_000)));
    const {ids, vocabulary} = encodeWords(long);
    expect(ids).toHaveLength(800_000);
    expect(ids.every((id, index) => id === index % 4)).toBe(true);
    expect([...vocabulary.counts]).toEqual([200_000, 200_000, 200_000, 200_000]);
  });

  test('is read from anywhere, to its end', () => {
    const corpus = encodeWords('a b c d e', {minimumCount: 1});
    const into = new Int32Array(3);
    expect([corpus.read(1, into), ...into]).toEqual([3, 1, 2, 3]);
    expect([corpus.read(3, into), ...into]).toEqual([2, 3, 4, 3]);
    expect(corpus.read(5, into)).toBe(0);
  });

  test('normalises, or refuses other characters', () => {
    expect([...encodeWords('One\n1', {minimumCount: 1, normalise: true}).ids]).toEqual([0, 0]);
    expect(() => encodeWords('one\ntwo')).toThrow('byte 0x0a at offset 3');
  });

  test('refuses a vocabulary and how to count one together', () => {
    const vocabulary = WordVocabulary.count(text, {size: 3});
    expect(() => encodeWords(text, {vocabulary, minimumCount: 1})).toThrow(TypeError);
    expect(() => encodeWords(text, {vocabularySize: 3, minimumCount: 1})).toThrow(TypeError);
  });
});
