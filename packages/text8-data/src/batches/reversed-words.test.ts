import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {ReversedWords, reverseWords} from './reversed-words';

const corpusOf = (text: string) => new Corpus('fox', new TextEncoder().encode(text));
const corpus = corpusOf(' the quick brown fox jumps over the lazy dog');
const sources = (pairs: ReversedWords, count: number) => Array.from({length: count}, () => pairs.next().source);

describe('ReversedWords', () => {
  test('turns every word round, and leaves the words in order', () => {
    expect(new ReversedWords(corpus).next()).toEqual({source: 'the quick brown fox', target: 'eht kciuq nworb xof'});
    expect(reverseWords(' ab  cd e')).toBe(' ba  dc e');
  });

  test('cut at words takes as many as fit, one piece after the other and round the end', () => {
    expect(sources(new ReversedWords(corpus), 4)).toEqual([
      'the quick brown fox',
      'jumps over the lazy',
      'dog',
      'the quick brown fox',
    ]);
  });

  test('cut anywhere takes pieces of one length, and leaves the rest', () => {
    expect(sources(new ReversedWords(corpus, {cut: 'anywhere'}), 3)).toEqual([
      ' the quick brown fo',
      'x jumps over the la',
      ' the quick brown fo',
    ]);
  });

  test('leaves out words longer than a piece', () => {
    const pairs = new ReversedWords(corpusOf('internationalisation of a incomprehensibilities'), {windowLength: 9});
    expect(sources(pairs, 3)).toEqual(['of a', 'of a', 'of a']);
  });

  test('cut at words gives every word that fits once a round, in order', () => {
    const texts = fc.string({unit: fc.constantFrom(...'abc '), minLength: 1, maxLength: 80});
    fc.assert(
      fc.property(texts, fc.integer({min: 1, max: 9}), (text, windowLength) => {
        const words = text.split(' ').filter((word) => word.length > 0 && word.length <= windowLength);
        const make = () => new ReversedWords(corpusOf(text), {windowLength});
        if (words.length === 0) {
          expect(make).toThrow(RangeError);
          return;
        }
        const pairs = make();
        const found: string[] = [];
        while (found.length < words.length) {
          const {source} = pairs.next();
          expect(source.length).toBeLessThanOrEqual(windowLength);
          found.push(...source.split(' ').filter(Boolean));
        }
        expect(found).toEqual(words);
      }),
      {seed: 20261123, numRuns: 500},
    );
  });

  test.each(['words', 'anywhere'] as const)('with a seed draws pieces of the whole text, cut at %s', (cut) => {
    const draw = (seed: number) => sources(new ReversedWords(corpus, {cut, seed}), 200);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    expect(new Set(draw(3)).size).toBe(cut === 'words' ? 9 : corpus.length - 19 + 1);
    for (const source of draw(3)) expect(String(corpus)).toContain(source);
  });

  test.each([undefined, 5])('goes on from a state to the same pairs, seed %s', (seed) => {
    const pairs = new ReversedWords(corpus, {seed});
    sources(pairs, 7);
    const resumed = new ReversedWords(corpus, {seed: 6});
    resumed.restore(JSON.parse(JSON.stringify(pairs.state())));
    expect(sources(resumed, 9)).toEqual(sources(pairs, 9));
  });

  test('refuses the state of another text or other pieces, and a damaged one', () => {
    const pairs = new ReversedWords(corpus, {seed: 1});
    const state = pairs.state();
    expect(() => pairs.restore({...state, length: 3})).toThrow('length 3, these have 44');
    expect(() => pairs.restore({...state, cut: 'anywhere'})).toThrow('cut anywhere, these have words');
    expect(() => pairs.restore({...state, position: 44})).toThrow('position is 44');
    expect(() => pairs.restore({...state, random: [1]})).toThrow('random is [1]');
  });

  test('refuses options that are none, and a text without a piece', () => {
    expect(() => new ReversedWords(corpus, {windowLength: 0})).toThrow('windowLength is 0');
    expect(() => new ReversedWords(corpus, {cut: 'lines' as 'words'})).toThrow('cut is "lines"');
    expect(() => new ReversedWords(corpus, {seed: 0.5})).toThrow('seed is 0.5');
    expect(() => new ReversedWords(corpusOf('fox'), {cut: 'anywhere'})).toThrow('no piece of 19 characters');
    expect(() => new ReversedWords(corpusOf('foxes'), {windowLength: 4})).toThrow('no word of at most 4 characters');
  });
});
