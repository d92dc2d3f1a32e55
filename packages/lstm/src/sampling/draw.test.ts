import {describe, expect, test} from 'vitest';
import {drawFromLogits, type SamplingOptions, uniform} from './draw';
import {seededGenerator} from './seeded-generator';

/** How often each index comes in ten thousand draws. */
function shares(logits: number[], temperature: number, restriction: SamplingOptions = {}): number[] {
  const generator = seededGenerator(5);
  const counts = logits.map(() => 0);
  for (let draw = 0; draw < 10_000; draw++)
    counts[drawFromLogits(logits, {temperature, ...restriction}, generator)]! += 1;
  return counts.map((count) => count / 10_000);
}

describe('drawFromLogits', () => {
  test.each([1, 2, 0.5])('draws from softmax(logits / %d), within 0.02', (temperature) => {
    const logits = [0, 1, 2, -1];
    const weights = logits.map((logit) => Math.exp(logit / temperature));
    const total = weights.reduce((sum, weight) => sum + weight);
    shares(logits, temperature).forEach((share, index) => {
      expect(Math.abs(share - weights[index]! / total)).toBeLessThan(0.02);
    });
  });

  test('takes the largest as the temperature falls', () => {
    expect(shares([1, 2, 1.5], 1e-3)).toEqual([0, 1, 0]);
  });

  test.each([
    [{topK: 2}, [0, 0.2689, 0.7311, 0]],
    [{topP: 0.7}, [0, 0.2689, 0.7311, 0]], // the largest alone has 0.64
    [{topP: 0.6}, [0, 0, 1, 0]],
    [{topK: 3, topP: 0.9}, [0, 0.2689, 0.7311, 0]],
    [{topK: 9}, [0.0871, 0.2369, 0.6439, 0.0321]],
  ])('restricted by %j draws the most likely, within 0.02', (restriction, expected) => {
    const drawn = shares([0, 1, 2, -1], 1, restriction);
    drawn.forEach((share, index) => {
      expect(Math.abs(share - expected[index]!)).toBeLessThan(0.02);
    });
  });

  test('of equal ones takes the lower', () => {
    expect(shares([1, 2, 2], 1, {topK: 1})).toEqual([0, 1, 0]);
  });

  test('never draws what has no weight', () => {
    expect(shares([Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY], 1)).toEqual([0, 1, 0]);
  });

  test('refuses NaN', () => {
    expect(() => drawFromLogits([0, Number.NaN], {}, seededGenerator(1))).toThrow('NaN');
  });
});

test('neighbouring seeds have nothing to do with one another', () => {
  const firsts = Array.from({length: 1000}, (_, seed) => uniform(seededGenerator(seed)));
  const mean = firsts.reduce((sum, each) => sum + each) / 1000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
  const correlation =
    firsts.slice(1).reduce((sum, each, index) => sum + (each - 0.5) * (firsts[index]! - 0.5), 0) / 999 / (1 / 12);
  expect(Math.abs(correlation)).toBeLessThan(0.1);
});
