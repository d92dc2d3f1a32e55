import {WordVectorsError} from '../errors/word-vectors-error';
import type {WordVectors} from '../word-vectors/word-vectors';

export interface SimilarityResult {
  /** Rank correlation of the cosines with people's scores, equal ones sharing their mean rank. */
  spearman: number;
  pearson: number;
  /** Pairs that were compared. */
  pairs: number;
  /** Pairs left out because a word has no vector. */
  outOfVocabulary: number;
}

/**
 * How well cosines agree with people's scores of likeness, as WordSim-353 and SimLex-999 hold them.
 *
 * @param text A pair and its score a line, separated by tabs or commas; lines that start with # and a line whose score is no
 *     number, if it is the first, are passed over. Words are taken in lower case where they have no vector as they are.
 * @throws WordVectorsError for a line that is no pair with a score, or where fewer than two pairs are left.
 */
export function evaluateSimilarity(vectors: WordVectors, text: string): SimilarityResult {
  const scores: number[] = [];
  const cosines: number[] = [];
  let outOfVocabulary = 0;
  let header = true;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [first, second, score] = line.split(/[\t,]/);
    const value = score === undefined || score.trim() === '' ? Number.NaN : Number(score);
    const isHeader = header && second !== undefined && Number.isNaN(value);
    header = false;
    if (isHeader) continue;
    if (Number.isNaN(value)) {
      throw new WordVectorsError(
        `Line ${index + 1} is "${line.slice(0, 60)}"; two words and a score, separated by tabs or commas, were expected.`,
      );
    }
    const words = [first!, second!].map((word) => (vectors.has(word) ? word : word.toLowerCase()));
    if (!words.every((word) => vectors.has(word))) outOfVocabulary++;
    else {
      scores.push(value);
      cosines.push(vectors.similarity(words[0]!, words[1]!));
    }
  }
  if (scores.length < 2) {
    throw new WordVectorsError(`Only ${scores.length} pairs have vectors; two at least are needed for a correlation.`);
  }
  return {
    spearman: correlation(ranks(scores), ranks(cosines)),
    pearson: correlation(scores, cosines),
    pairs: scores.length,
    outOfVocabulary,
  };
}

/** Pearson's correlation; NaN where all values of one side are equal. */
function correlation(first: readonly number[], second: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [firstMean, secondMean] = [mean(first), mean(second)];
  let [both, ofFirst, ofSecond] = [0, 0, 0];
  first.forEach((value, index) => {
    const [a, b] = [value - firstMean, second[index]! - secondMean];
    both += a * b;
    ofFirst += a * a;
    ofSecond += b * b;
  });
  return both / Math.sqrt(ofFirst * ofSecond);
}

/** The rank of every value, counted from 1; equal values have the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let place = from; place < to; place++) result[order[place]!] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}
