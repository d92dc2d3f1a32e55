import {WordVocabulary} from '../vocabulary/word-vocabulary';
import type {PairSymbols} from './pair-symbols';

/** Words between white space, those of a list or of a counted vocabulary, whose `UNK` is the reserved one. */
export function wordSymbols(list: WordVocabulary | Iterable<string>): PairSymbols {
  const words = list instanceof WordVocabulary ? list.words.slice(list.unknownId === undefined ? 0 : 1) : [...list];
  if (words.length === 0) throw new RangeError('There is no word, expected at least one.');
  const numbers = new Map(words.map((word, number) => [word, number]));
  const wrong = words.find((word, number) => !/^\S+$/.test(word) || numbers.get(word) !== number);
  if (wrong !== undefined) {
    throw new RangeError(`${JSON.stringify(wrong)} is no word or comes twice, expected each once and no white space.`);
  }
  return {
    size: words.length,
    open: true,
    *encode(text) {
      let offset = 0;
      for (const symbol of wordsOf(text)) {
        yield numbers.get(symbol) ?? {symbol, offset};
        offset++;
      }
    },
    decode: (decoded) => decoded.map((number) => (number === undefined ? 'UNK' : words[number]!)).join(' '),
    toJSON: () => ({kind: 'words', words}),
  };
}

/** What stands between white space. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
