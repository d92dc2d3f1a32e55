import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {normalise} from './normalise';

const text = (given: string | Uint8Array) => new TextDecoder().decode(normalise(given));

describe('normalise', () => {
  test.each([
    ['In 1790, Washington', 'in one seven nine zero washington'],
    ['Anarchism', 'anarchism'],
    ['a  b\n\nc', 'a b c'],
    [' leading and trailing ', ' leading and trailing '],
    ['don’t — ever', 'don t ever'],
    ['naïve café', 'na ve caf '],
    ['x2y', 'x two y'],
    ['[A-Z] `{|}~@', ' a z '],
    ['', ''],
  ])('%j becomes %j', (given, expected) => {
    expect(text(given)).toBe(expected);
    expect(text(new TextEncoder().encode(given))).toBe(expected);
  });

  test('gives only a to z and single spaces, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 300}), (given) => {
        const once = text(given);
        expect(once).toMatch(/^ ?([a-z]+ ?)*$/);
        expect(text(once)).toBe(once);
      }),
      {seed: 20261123},
    );
  });

  test('of nothing but digits grows beyond its first guess', () => {
    expect(text('7'.repeat(10_000))).toBe(` ${'seven '.repeat(10_000)}`);
  });
});
