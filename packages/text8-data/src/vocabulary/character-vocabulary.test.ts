import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {CharacterVocabulary} from './character-vocabulary';

const vocabulary = new CharacterVocabulary();

describe('CharacterVocabulary', () => {
  test('has space as 0 and a to z as 1 to 26', () => {
    expect(vocabulary.size).toBe(27);
    expect([...vocabulary.encode(' az')]).toEqual([0, 1, 26]);
    expect(vocabulary.decode([0, 1, 26])).toBe(' az');
  });

  test('encodes strings, bytes and corpora alike', () => {
    const bytes = new TextEncoder().encode('quick fox');
    const expected = vocabulary.encode('quick fox');
    expect(vocabulary.encode(bytes)).toEqual(expected);
    expect(vocabulary.encode(new Corpus('fox', bytes))).toEqual(expected);
    expect(vocabulary.decode(expected)).toBe('quick fox');
  });

  test.each([
    ['Fox', '"F" at offset 0'],
    ['fox!', '"!" at offset 3'],
    ['naïve', '"ï" at offset 2'],
  ])('refuses %j, and names the symbol', (text, message) => {
    expect(() => vocabulary.encode(text)).toThrow(RangeError);
    expect(() => vocabulary.encode(text)).toThrow(message);
  });

  test('encodes other symbols as spaces where asked to, and counts them', () => {
    expect(vocabulary.decode(vocabulary.encode('Fox!', {unknown: 'space'}))).toBe(' ox ');
    expect(vocabulary.unknownCount).toBe(2);
  });

  test.each([27, -1, 0.5, Number.NaN])('refuses to decode %d', (id) => {
    expect(() => vocabulary.decode([0, id])).toThrow(`Id ${id} at position 1`);
  });
});
