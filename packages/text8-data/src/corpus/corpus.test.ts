import {describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {Corpus} from './corpus';

const corpus = (text: string) => new Corpus('example', new TextEncoder().encode(text));

describe('Corpus', () => {
  test('is its text', () => {
    expect(String(corpus('the quick brown fox'))).toBe('the quick brown fox');
    expect(corpus('the quick').slice(4).toString()).toBe('quick');
    expect(corpus('abc').length).toBe(3);
  });

  test.each([
    ['an upper-case letter', 'the Quick', 'byte 0x51 ("Q") at offset 4'],
    ['a digit', 'in 1790', 'byte 0x31 ("1") at offset 3'],
    ['a line end', 'a\nb', 'byte 0x0a at offset 1'],
    ['a letter of two bytes', 'café', 'byte 0xc3 at offset 3'],
    ['a null', 'a\0', 'byte 0x00 at offset 1'],
  ])('refuses %s, and names it', (_, text, message) => {
    expect(() => corpus(text)).toThrow(CorpusError);
    expect(() => corpus(text)).toThrow(message);
    expect(() => corpus(text)).toThrow('normalise: true');
  });

  test('refuses an empty text', () => {
    expect(() => corpus('')).toThrow('example is empty');
  });

  test('splits into the first, the last and what is between', () => {
    const {validation, train, heldOut} = corpus('abcdefghij').split({validationSize: 2, heldOutSize: 3});
    expect([validation, train, heldOut].map(String)).toEqual(['ab', 'cdefg', 'hij']);
    expect(String(corpus('abcdefghij').split({validationSize: 4}).heldOut)).toBe('');
  });

  test.each([{validationSize: 10}, {validationSize: 5, heldOutSize: 5}, {validationSize: -1}, {validationSize: 1.5}])(
    'refuses the split %j of ten characters',
    (sizes) => {
      expect(() => corpus('abcdefghij').split(sizes)).toThrow(RangeError);
    },
  );

  test('splits by shares, 90, 5 and 5 in a hundred, without gap or overlap', () => {
    const text = Array.from({length: 100}, (_, index) => 'abcdefghij'[index % 10]).join('');
    const {train, validation, test} = corpus(text).splitByShare();
    expect([train.length, validation.length, test.length]).toEqual([90, 5, 5]);
    expect(`${train}${validation}${test}`).toBe(text);
    expect(() => corpus(text).splitByShare({train: 0.99})).toThrow(RangeError);
  });
});
