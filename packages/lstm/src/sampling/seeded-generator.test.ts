import {expect, test} from 'vitest';
import {seededGenerator, uniform} from './seeded-generator';

test('neighbouring seeds have nothing to do with one another', () => {
  const firsts = Array.from({length: 1000}, (_, seed) => uniform(seededGenerator(seed)));
  const mean = firsts.reduce((sum, each) => sum + each) / 1000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
  const correlation =
    firsts.slice(1).reduce((sum, each, index) => sum + (each - 0.5) * (firsts[index]! - 0.5), 0) / 999 / (1 / 12);
  expect(Math.abs(correlation)).toBeLessThan(0.1);
});
