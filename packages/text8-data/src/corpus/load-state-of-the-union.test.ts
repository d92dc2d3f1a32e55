import {expect, test} from 'vitest';
import {loadStateOfTheUnion} from './load-state-of-the-union';

test('the State of the Union is 233 addresses in order of year, in the alphabet of text8', async () => {
  const corpus = await loadStateOfTheUnion();
  expect(corpus.length).toBe(10_823_827);
  expect(String(corpus.slice(0, 44))).toBe(' fellow citizens of the senate and house of ');
  const words = String(corpus).trim().split(' ');
  expect(words.length).toBeGreaterThan(1_850_000);
  expect(new Set(words).size).toBeGreaterThan(23_000);
  expect(words.slice(-12).join(' ')).toBe('and may god protect our troops thank you for your patience applause');
});
