import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {evaluateAnalogies, evaluateSimilarity, type WordVectors} from '@gatefold/word2vec';

/** Analogies ask only among so many of the most frequent words. */
const restrictTo = 30_000;

/** How good vectors are. */
export interface Scores {
  /** The share of right answers, in percent. */
  analogies: number;
  /** Rank correlations with people's judgement. */
  wordsim: number;
  simlex: number;
  /** Of how many questions and pairs. */
  asked: {analogies: number; wordsim: number; simlex: number};
}

/** The sets are not ours to ship: a folder holds them by the names that they have where they come from. */
const files = {analogies: 'questions-words.txt', wordsim: 'wordsim353.tsv', simlex: 'simlex999.txt'};

/** @throws Error where the folder lacks one of the sets. */
export async function readEvaluation(folder: string | undefined): Promise<(vectors: WordVectors) => Promise<Scores>> {
  const wanted = `${Object.values(files).join(', ')} (they come with gensim's source, in gensim/test/test_data)`;
  if (folder === undefined) throw new Error(`--quality needs --evaluation FOLDER, a folder with ${wanted}.`);
  const read = async (file: string) =>
    readFile(path.join(folder, file), 'utf8').catch((error: Error) => {
      throw new Error(`${error.message}: --evaluation is to be a folder with ${wanted}.`);
    });
  const sets = {
    analogies: await read(files.analogies),
    wordsim: await read(files.wordsim),
    simlex: await read(files.simlex),
  };
  return async (vectors) => {
    const analogies = await evaluateAnalogies(vectors, sets.analogies, {restrictTo});
    const [wordsim, simlex] = [sets.wordsim, sets.simlex].map((set) => evaluateSimilarity(vectors, set)) as [
      ReturnType<typeof evaluateSimilarity>,
      ReturnType<typeof evaluateSimilarity>,
    ];
    return {
      ...{analogies: 100 * analogies.accuracy, wordsim: wordsim.spearman, simlex: simlex.spearman},
      asked: {analogies: analogies.asked, wordsim: wordsim.pairs, simlex: simlex.pairs},
    };
  };
}

/** The mean of several. */
export function meanOf(scores: readonly Scores[]): Scores {
  const mean = (key: 'analogies' | 'wordsim' | 'simlex') =>
    scores.reduce((sum, each) => sum + each[key], 0) / scores.length;
  return {...scores[0]!, analogies: mean('analogies'), wordsim: mean('wordsim'), simlex: mean('simlex')};
}
