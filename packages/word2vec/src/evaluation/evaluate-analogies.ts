import {tensor2d} from '@tensorflow/tfjs-core';
import {WordVectorsError} from '../errors/word-vectors-error';
import {nearestRows} from '../word-vectors/nearest-rows';
import type {WordVectors} from '../word-vectors/word-vectors';

export interface AnalogyScore {
  correct: number;
  /** Questions whose four words are all among those it was restricted to. */
  asked: number;
  /** The others. */
  outOfVocabulary: number;
  /** correct / asked; NaN where none was asked. */
  accuracy: number;
}

export interface AnalogyResult extends AnalogyScore {
  /** How many of the most frequent words took part, which the accuracy depends on. */
  restrictedTo: number;
  sections: ({name: string} & AnalogyScore)[];
  /** The sections whose names start with `gram`, and the others. */
  syntactic: AnalogyScore;
  semantic: AnalogyScore;
}

/** Questions whose scores are computed at once. */
const block = 256;

/**
 * Asks questions of the kind "a is to b as c is to?" and counts the right answers: the word with the largest
 * cos(x, b) - cos(x, a) + cos(x, c) but for these three must be the fourth (3CosAdd, as gensim counts).
 *
 * @param text Four words a line; a line `: name` starts a section. Words are taken in lower case where they have no vector
 *     as they are.
 * @param options.restrictTo How many of the most frequent words take part, 30,000 unless told.
 * @throws WordVectorsError for a line that is neither.
 * Cost: 2 · questions · words · dimension operations, on the backend in use.
 * Source: Mikolov et al. 2013 (arXiv 1301.3781).
 */
export async function evaluateAnalogies(
  vectors: WordVectors,
  text: string,
  {restrictTo = 30_000}: {restrictTo?: number} = {},
): Promise<AnalogyResult> {
  const {dimension} = vectors;
  const restrictedTo = Math.min(restrictTo, vectors.size);
  const sections = parseQuestions(text);
  const unit = vectors.normalised().values.subarray(0, restrictedTo * dimension);
  const table = tensor2d(unit, [restrictedTo, dimension]);
  const indexOf = (word: string) => {
    const known = vectors.has(word) ? word : word.toLowerCase();
    const index = vectors.has(known) ? vectors.indexOf(known) : restrictedTo;
    return index < restrictedTo ? index : -1;
  };
  try {
    const scores = [];
    for (const {name, questions} of sections) {
      const asked = questions.map((words) => words.map(indexOf)).filter((indices) => !indices.includes(-1));
      let correct = 0;
      for (let from = 0; from < asked.length; from += block) {
        const some = asked.slice(from, from + block);
        const directions = new Float32Array(some.length * dimension);
        some.forEach(([a, b, c], question) => {
          for (let at = 0; at < dimension; at++) {
            directions[question * dimension + at] =
              unit[b! * dimension + at]! - unit[a! * dimension + at]! + unit[c! * dimension + at]!;
          }
        });
        const k = Math.min(4, restrictedTo); // three may be those of the question
        const {rows} = await nearestRows(directions, table, k);
        some.forEach((indices, question) => {
          const own = indices.slice(0, 3);
          const best = rows.subarray(question * k, (question + 1) * k).find((row) => !own.includes(row));
          if (best === indices[3]) correct++;
        });
      }
      scores.push({name, ...score(correct, asked.length, questions.length - asked.length)});
    }
    const isSyntactic = ({name}: {name: string}) => name.startsWith('gram');
    return {
      restrictedTo,
      ...total(scores),
      sections: scores,
      syntactic: total(scores.filter(isSyntactic)),
      semantic: total(scores.filter((section) => !isSyntactic(section))),
    };
  } finally {
    table.dispose();
  }
}

function parseQuestions(text: string): {name: string; questions: string[][]}[] {
  const sections: {name: string; questions: string[][]}[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    if (line.startsWith(':')) {
      sections.push({name: line.slice(1).trim(), questions: []});
      continue;
    }
    const words = line.trim().split(/\s+/);
    if (words.length !== 4) {
      throw new WordVectorsError(
        `Line ${index + 1} is "${line.slice(0, 60)}"; four words, or ":" and the name of a section, were expected.`,
      );
    }
    if (sections.length === 0) sections.push({name: 'questions', questions: []});
    sections.at(-1)!.questions.push(words);
  }
  return sections;
}

function score(correct: number, asked: number, outOfVocabulary: number): AnalogyScore {
  return {correct, asked, outOfVocabulary, accuracy: correct / asked};
}

function total(scores: readonly AnalogyScore[]): AnalogyScore {
  const sum = (key: 'correct' | 'asked' | 'outOfVocabulary') => scores.reduce((all, each) => all + each[key], 0);
  return score(sum('correct'), sum('asked'), sum('outOfVocabulary'));
}
