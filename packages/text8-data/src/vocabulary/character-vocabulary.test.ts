import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {CharacterVocabulary, type UnknownSymbol} from './character-vocabulary';

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
    expect(() => vocabulary.encode(text)).toThrow('normalise()');
  });

  test('takes other symbols for spaces where it is told of them, one for each', () => {
    const unknown: UnknownSymbol[] = [];
    const ids = vocabulary.encode('Fox, naïve 🦊!', {onUnknown: (symbol) => unknown.push(symbol)});
    expect(vocabulary.decode(ids)).toBe(' ox  na ve   ');
    expect(unknown.map(({symbol, offset}) => [symbol, offset])).toEqual([
      ['F', 0],
      [',', 3],
      ['ï', 7],
      ['🦊', 11],
      ['!', 12],
    ]);
    const onUnknown = (symbol: UnknownSymbol) => unknown.push(symbol);
    expect([...vocabulary.encode(Uint8Array.of(97, 0xc3, 98), {onUnknown})]).toEqual([1, 0, 2]);
  });

  test('encodes texts of any length, at any place in memory', () => {
    const text = 'the quick brown fox';
    const bytes = new TextEncoder().encode(text);
    for (let start = 0; start < 5; start++) {
      for (let end = start; end < start + 6; end++) {
        expect(vocabulary.decode(vocabulary.encode(bytes.subarray(start, end)))).toBe(text.slice(start, end));
      }
    }
  });

  test.each([27, -1, 0.5, Number.NaN])('refuses to decode %d', (id) => {
    expect(() => vocabulary.decode([0, id])).toThrow(`Id ${id} at position 1`);
  });
});
