import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {editDistance, errorRate} from './edit-distance';

/** By its definition, of short texts. */
function byDefinition(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restOfA, restOfB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return byDefinition(restOfA, restOfB);
  return 1 + Math.min(byDefinition(restOfA, b), byDefinition(a, restOfB), byDefinition(restOfA, restOfB));
}

describe('editDistance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['intention', 'execution', 5],
    ['', 'fox', 3],
    ['fox', '', 3],
    ['fox', 'fox', 0],
    ['🦊x', 'x', 1],
  ])('of %j and %j is %d', (a, b, expected) => expect(editDistance(a, b)).toBe(expected));

  test('is that of its definition', () => {
    const text = fc.string({unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6});
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(editDistance(a, b)).toBe(byDefinition(a, b));
      }),
      {seed: 20261126},
    );
  });

  test('is of words, or of ids, where these are given', () => {
    expect(editDistance('the quick fox'.split(' '), 'the fox'.split(' '))).toBe(1);
    expect(editDistance(Int32Array.of(4, 5, 6), [4, 6, 5])).toBe(2);
  });
});

describe('errorRate', () => {
  test('is edits a character, or a word, of the references', () => {
    expect(errorRate(['eht kicuq', 'xof'], ['eht kciuq', 'xof'])).toBe(2 / 12);
    expect(errorRate([['a', 'b']], [['a']])).toBe(1);
    expect(errorRate(['abc'], ['d'])).toBe(3);
  });

  test('refuses what cannot be measured', () => {
    expect(() => errorRate(['a'], [''])).toThrow('All references are empty');
    expect(() => errorRate([], [])).toThrow(RangeError);
    expect(() => errorRate(['a', 'b'], ['a'])).toThrow('2 hypotheses and 1 references');
  });
});
