import type {WordVectors} from '@gatefold/word2vec';

/** Words of any text of public life; those without a vector are left out. */
const asked = 'war peace money law president congress women world river ships three he'.split(' ');

/** A line for each of some words: the word, and the eight nearest to it with their cosines. */
export function neighbourTable(vectors: WordVectors): string {
  const words = asked.filter((word) => vectors.has(word));
  const shown = words.length > 0 ? words : vectors.words.slice(0, 12);
  const lines = shown.map((word) => {
    const nearest = vectors.mostSimilar(word, {count: 8}).map(({word: other, score}) => `${other} ${score.toFixed(2)}`);
    return `${word.padEnd(12)} ${nearest.join(', ')}`;
  });
  return `${lines.join('\n')}\n`;
}
