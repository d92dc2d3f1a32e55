import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {BigramVocabulary} from './bigram-vocabulary';

const apart = new BigramVocabulary();
const overlapping = new BigramVocabulary({overlapping: true});

describe('BigramVocabulary', () => {
  test('has the id 27 first + second', () => {
    expect([apart.size, overlapping.size]).toEqual([729, 729]);
    expect([...apart.encode(' az ba')]).toEqual([1, 26 * 27, 2 * 27 + 1]);
    expect([...overlapping.encode(' az')]).toEqual([1, 27 + 26]);
  });

  test.each([
    [apart, 'quick fo'],
    [overlapping, 'quick fox'],
  ])('comes back to the text from its ids', (vocabulary, text) => {
    expect(vocabulary.decode(vocabulary.encode(text))).toBe(text);
    const bytes = new TextEncoder().encode(text);
    expect(vocabulary.encode(bytes)).toEqual(vocabulary.encode(text));
    expect(vocabulary.encode(new Corpus('fox', bytes))).toEqual(vocabulary.encode(text));
  });

  test('leaves the last character of an odd text, and knows what each symbol adds', () => {
    expect(apart.decode(apart.encode('fox'))).toBe('fo');
    expect(apart.charactersPerSymbol).toBe(2);
    expect(overlapping.decode(overlapping.encode('fox'))).toBe('fox');
    expect(overlapping.charactersPerSymbol).toBe(1);
    for (const vocabulary of [apart, overlapping]) {
      expect(vocabulary.encode('f')).toHaveLength(0);
      expect(vocabulary.decode([])).toBe('');
    }
  });

  test('refuses unknown symbols, or takes them for spaces where it is told of them', () => {
    expect(() => apart.encode('Fox!')).toThrow('"F" at offset 0');
    const unknown: string[] = [];
    expect(apart.decode(apart.encode('Fox!', {onUnknown: ({symbol}) => unknown.push(symbol)}))).toBe(' ox ');
    expect(unknown).toEqual(['F', '!']);
  });

  test.each([729, -1, 0.5, Number.NaN])('refuses to decode %d', (id) => {
    for (const vocabulary of [apart, overlapping]) {
      expect(() => vocabulary.decode([0, id])).toThrow(`Id ${id} at position 1`);
    }
  });
});
