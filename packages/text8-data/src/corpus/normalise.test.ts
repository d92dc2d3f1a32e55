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

  test('follows the rules of text8, said in regular expressions', () => {
    const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const byRules = (given: string) =>
      given
        .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
        .replace(/[0-9]/g, (digit) => ` ${names[Number(digit)]} `)
        .replace(/[^a-z]+/g, ' ');
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom(...' aZ09é\n-'), maxLength: 40}), (given) => {
        expect(text(given)).toBe(byRules(given));
      }),
      {seed: 20261123, numRuns: 1000},
    );
  });

  test('gives bytes that are as they should be back as they are', () => {
    const bytes = new TextEncoder().encode(' anarchism originated as a term ');
    expect(normalise(bytes)).toBe(bytes);
    for (const given of ['  ', 'a  ', '  a', 'a  b', 'ab  c', 'abc  d'])
      expect(text(given)).toBe(given.replace('  ', ' '));
  });

  test('makes room for a text of nothing but digits', () => {
    expect(text('7'.repeat(10_000))).toBe(` ${'seven '.repeat(10_000)}`);
  });
});
