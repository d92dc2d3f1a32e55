import {expectPairs} from './expect-pairs';
import {type Sequence, symbolsOf} from './sequence';

/**
 * The share of hypotheses that are their reference, symbol for symbol.
 *
 * @returns in [0, 1].
 * @throws RangeError where there are none, or their numbers differ.
 */
export function exactMatch(hypotheses: readonly Sequence[], references: readonly Sequence[]): number {
  expectPairs(hypotheses, references);
  const equal = hypotheses.filter((hypothesis, index) => {
    const [made, wanted] = [symbolsOf(hypothesis), symbolsOf(references[index]!)];
    return made.length === wanted.length && equalPlaces(made, wanted) === made.length;
  });
  return equal.length / hypotheses.length;
}

/**
 * The share of places at which hypotheses have the symbol of their reference; where one is longer, what it has more is
 * wrong.
 *
 * @returns in [0, 1]; 1 where all are empty.
 * @throws RangeError where there are none, or their numbers differ.
 * @example tokenAccuracy([['eht', 'xfo']], [['eht', 'xof']]); // 0.5: of words
 */
export function tokenAccuracy(hypotheses: readonly Sequence[], references: readonly Sequence[]): number {
  expectPairs(hypotheses, references);
  let right = 0;
  let places = 0;
  for (const [index, hypothesis] of hypotheses.entries()) {
    const [made, wanted] = [symbolsOf(hypothesis), symbolsOf(references[index]!)];
    right += equalPlaces(made, wanted);
    places += Math.max(made.length, wanted.length);
  }
  return places === 0 ? 1 : right / places;
}

function equalPlaces(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let equal = 0;
  for (let place = 0; place < Math.min(a.length, b.length); place++) equal += Number(a[place] === b[place]);
  return equal;
}
