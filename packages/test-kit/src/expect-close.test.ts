import {describe, expect, test} from 'vitest';
import {expectClose} from './expect-close';

const {NaN: nan, POSITIVE_INFINITY: infinity} = Number;

describe('expectClose', () => {
  test('lets through what lies within the tolerance', () => {
    expect(() => expectClose([[1, 2], [3]], new Float32Array([1, 2, 3.00001]), {relative: 1e-5})).not.toThrow();
    expect(() => expectClose([nan, infinity, 0], [nan, infinity, -0], {relative: 0})).not.toThrow();
    expect(() => expectClose([], [], {relative: 0})).not.toThrow();
  });

  test('names the worst value, both numbers and the tolerance', () => {
    expect(() => expectClose([1, 2.5, 3.1], [1, 2, 3], {relative: 0.01, absolute: 0.05})).toThrow(
      'value 1 of 3 is 2.5, expected 2: 10.0 times the tolerance (relative 0.01, absolute 0.0500)',
    );
  });

  test('counts the values', () => {
    expect(() => expectClose([1], [1, 2], {relative: 1})).toThrow('received 1 values, expected 2');
  });

  test.each([
    [
      [1, 1.1],
      [1, 1],
    ],
    [
      [0.002, 1],
      [0.001, 1],
    ],
    [[nan], [1]],
    [[1], [nan]],
    [[infinity], [1]],
    [[1], [infinity]],
    [[infinity], [-infinity]],
    [
      [2, infinity],
      [1, infinity],
    ], // an infinity that is expected does not widen the tolerance of its neighbours
  ])('does not take %j for %j within 1e-3', (actual, expected) => {
    expect(() => expectClose(actual, expected, {relative: 1e-3})).toThrow('times the tolerance');
  });
});
