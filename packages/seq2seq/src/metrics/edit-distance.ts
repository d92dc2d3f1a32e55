import {expectPairs} from './expect-pairs';
import {type Sequence, symbolsOf} from './sequence';

/**
 * The fewest symbols to put in, take out or replace to make one sequence of another.
 *
 * @example editDistance('kitten', 'sitting'); // 3
 * editDistance('the quick fox'.split(' '), 'the fox'.split(' ')); // 1
 *
 * Cost: the product of both lengths, in memory for one of them.
 * Source: Wagner & Fischer 1974.
 */
export function editDistance(a: Sequence, b: Sequence): number {
  const [rows, columns] = [symbolsOf(a), symbolsOf(b)];
  // What the beginning of `a` so far is from each beginning of `b`.
  const distances = Int32Array.from({length: columns.length + 1}, (_, column) => column);
  for (let row = 0; row < rows.length; row++) {
    let diagonal = row;
    distances[0] = row + 1;
    for (let column = 0; column < columns.length; column++) {
      const replaced = diagonal + Number(rows[row] !== columns[column]);
      diagonal = distances[column + 1]!;
      distances[column + 1] = Math.min(replaced, diagonal + 1, distances[column]! + 1);
    }
  }
  return distances[columns.length]!;
}

/**
 * Edits a symbol of the references: the character error rate of texts, the word error rate of lists of words.
 *
 * @returns at least 0; above 1 where hypotheses are much longer than references.
 * @throws RangeError where there are none, their numbers differ, or all references are empty.
 * @example errorRate(['eht kicuq'], ['eht kciuq']); // 2 of 9
 */
export function errorRate(hypotheses: readonly Sequence[], references: readonly Sequence[]): number {
  expectPairs(hypotheses, references);
  let edits = 0;
  let symbols = 0;
  for (const [index, reference] of references.entries()) {
    edits += editDistance(hypotheses[index]!, reference);
    symbols += symbolsOf(reference).length;
  }
  if (symbols === 0) throw new RangeError('All references are empty, expected a symbol in at least one.');
  return edits / symbols;
}
