import {type Seq2SeqModel, tokenAccuracy} from '@gatefold/seq2seq';
import type {PairVocabulary, ReversedWordsPair} from '@gatefold/text8-data';

export interface WordsRight {
  /** The share of words that came out right, in their places; a word too many counts as a wrong one. */
  share: number;
  /** How many words there were. */
  words: number;
  /** The texts that were made. */
  made: string[];
}

/** Pairs that are decoded side by side. */
const batchSize = 250;

/** Lets a model turn the words of texts round, greedily, and counts those that it turned right. */
export async function wordsRight(
  model: Pick<Seq2SeqModel, 'decodeGreedily'>,
  pairs: readonly ReversedWordsPair[],
  {vocabulary, signal}: {vocabulary: PairVocabulary; signal?: AbortSignal},
): Promise<WordsRight> {
  const made: string[] = [];
  for (let start = 0; start < pairs.length; start += batchSize) {
    const sources = pairs.slice(start, start + batchSize).map(({source}) => vocabulary.encode(source));
    for (const {ids} of await model.decodeGreedily(sources, {signal})) made.push(vocabulary.decode(ids));
  }
  const wanted = pairs.map(({target}) => wordsOf(target));
  const share = tokenAccuracy(made.map(wordsOf), wanted);
  return {share, words: wanted.flat().length, made};
}

/** What stands between spaces: a window may begin or end with one, where there is no word. */
function wordsOf(text: string): string[] {
  return text.trim().split(' ');
}
