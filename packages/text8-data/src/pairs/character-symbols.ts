import type {PairSymbols} from './pair-symbols';

/** Shown for a character that is not in the alphabet. */
const replacement = '\uFFFD';

/**
 * The characters of an alphabet, in its order.
 *
 * @throws RangeError where there is none.
 */
export function characterSymbols(alphabet: Iterable<string>): PairSymbols {
  const distinct = new Set<string>();
  for (const text of alphabet) for (const character of text) distinct.add(character);
  const characters = [...distinct];
  if (characters.length === 0) throw new RangeError('The alphabet is empty, expected at least one character.');
  const numbers = new Map(characters.map((character, number) => [character, number]));
  return {
    size: characters.length,
    open: false,
    *encode(text) {
      let offset = 0;
      for (const symbol of text) {
        yield numbers.get(symbol) ?? {symbol, offset};
        offset++;
      }
    },
    decode: (decoded) => decoded.map((number) => (number === undefined ? replacement : characters[number]!)).join(''),
    toJSON: () => ({kind: 'characters', characters}),
  };
}
