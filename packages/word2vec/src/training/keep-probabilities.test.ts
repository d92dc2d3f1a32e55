import {expect, test} from 'vitest';
import {keepProbabilities} from './keep-probabilities';

test('frequent words are dropped as word2vec.c drops them', () => {
  const [frequent, rare, never] = keepProbabilities([900, 100, 0], 0.1);
  expect(frequent).toBeCloseTo((Math.sqrt(0.9 / 0.1) + 1) * (0.1 / 0.9), 12);
  expect([rare, never]).toEqual([1, 1]);
});

test('0 drops none', () => {
  expect([...keepProbabilities([900, 100], 0)]).toEqual([1, 1]);
});
