/**
 * How likely each word is to stay in the text where frequent ones are dropped at random: of a word that makes up `f` of
 * the text, `(sqrt(f / subsample) + 1) * subsample / f`, at most 1. As word2vec.c and its followers have it; the paper
 * gives `sqrt(subsample / f)`, which drops a little more.
 *
 * @param counts of every word.
 * @param subsample the share of the text above which words are dropped; 0 drops none.
 * Source: Mikolov et al. 2013 (arXiv 1310.4546), section 2.3.
 */
export function keepProbabilities(counts: ArrayLike<number>, subsample: number): Float64Array {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const threshold = subsample * total;
  return Float64Array.from(counts, (count) =>
    threshold > 0 && count > 0 ? Math.min(1, ((Math.sqrt(count / threshold) + 1) * threshold) / count) : 1,
  );
}
