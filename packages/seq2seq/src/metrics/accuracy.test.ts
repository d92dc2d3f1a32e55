import {expect, test} from 'vitest';
import {exactMatch, tokenAccuracy} from './accuracy';

test('exactMatch is the share of hypotheses that are right from end to end', () => {
  expect(exactMatch(['eht', 'xof', 'god', ''], ['eht', 'xo', 'dog', ''])).toBe(0.5);
  expect(exactMatch([Int32Array.of(4, 2)], [[4, 2]])).toBe(1);
});

test('tokenAccuracy is the share of places that are right, of the longer of two', () => {
  expect(tokenAccuracy(['abcd', 'x'], ['abdc', 'x'])).toBe(3 / 5);
  expect(tokenAccuracy(['ab'], ['abcd'])).toBe(0.5);
  expect(tokenAccuracy(['abcd'], ['ab'])).toBe(0.5);
  expect(tokenAccuracy([['eht', 'xfo']], [['eht', 'xof']])).toBe(0.5);
  expect(tokenAccuracy([''], [''])).toBe(1);
});

test.each([exactMatch, tokenAccuracy])('%o refuses nothing, and numbers that differ', (metric) => {
  expect(() => metric([], [])).toThrow('no hypotheses');
  expect(() => metric(['a'], ['a', 'b'])).toThrow('1 hypotheses and 2 references');
});
