import type {WordVectors} from '@gatefold/word2vec';

/** Words of any text of public life; those without a vector are left out. */
const asked = 'war peace money law president congress women world river ships three he'.split(' ');

/** A line for each of some words: the word, and the eight nearest to it with their cosines. */
export function neighbourTable(vectors: WordVectors): string {
  const lines = wordsIn(vectors).map((word) => {
    const nearest = vectors.mostSimilar(word, {count: 8}).map(({word: other, score}) => `${other} ${score.toFixed(2)}`);
    return `${word.padEnd(12)} ${nearest.join(', ')}`;
  });
  return `${lines.join('\n')}\n`;
}

/** On one line what is nearest to three of them: how the vectors take shape as training goes. */
export function neighbourLine(vectors: WordVectors): string {
  const some = wordsIn(vectors).slice(0, 3);
  return some
    .map((word) => {
      const nearest = vectors.mostSimilar(word, {count: 3}).map(({word: other}) => other);
      return `${word}: ${nearest.join(', ')}`;
    })
    .join('; ');
}

function wordsIn(vectors: WordVectors): readonly string[] {
  const words = asked.filter((word) => vectors.has(word));
  return words.length > 0 ? words : vectors.words.slice(0, 12);
}
