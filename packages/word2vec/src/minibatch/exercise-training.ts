import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import type {WordCorpus} from '../training/word-corpus';
import type {WordBatches} from './minibatch-settings';
import {MinibatchTraining} from './minibatch-training';

export interface ExerciseOptions {
  model?: 'skipGram' | 'cbow';
  /** 100,001 unless told. */
  steps?: number;
  /** Of the first vectors, the sampled words and the words whose neighbours are told; 1 unless told. */
  seed?: number;
  /** Steps between two `progress` events, 2000 unless told. */
  reportEvery?: number;
}

/**
 * The classic exercise: vectors of 128 numbers, sampled softmax of 64 words, Adagrad of rate 1. It tells of its mean loss
 * every 2000 steps, and every 10,000 of the 8 nearest neighbours of 16 of the 100 most frequent words.
 *
 * @param corpus of 50,000 words, `UNK` among them.
 * @param batches `SkipGramBatches`, or with `model: 'cbow'` `CbowBatches`, whose context vectors are summed.
 * @example
 * const corpus = encodeWords(await loadText8(), {vocabularySize: 50_000});
 * const training = exerciseTraining(corpus, new SkipGramBatches(corpus));
 * for await (const event of training.run()) console.log(event);
 *
 * Source: TensorFlow's word2vec_basic.py.
 */
export function exerciseTraining(
  corpus: WordCorpus,
  batches: WordBatches,
  {model = 'skipGram', steps = 100_001, seed = 1, reportEvery = 2000}: ExerciseOptions = {},
): MinibatchTraining {
  return new MinibatchTraining(corpus, {
    ...{model, batches, steps, seed, reportEvery},
    contextReduction: 'sum',
    dimension: 128,
    loss: {kind: 'sampledSoftmax', samples: Math.min(64, corpus.vocabulary.words.length - 1)},
    optimizer: 'adagrad',
    ...{learningRate: 1, minimumLearningRate: 1},
    neighbours: {words: someOf(corpus.vocabulary.words.slice(0, 100), 16, seed)},
  });
}

/** So many of the words, or all, drawn at random. */
function someOf(words: string[], count: number, seed: number): string[] {
  const random = xoroshiro128plus(seed);
  for (let at = words.length - 1; at > 0; at--) {
    const other = uniformInt(random, 0, at);
    [words[at], words[other]] = [words[other]!, words[at]!];
  }
  return words.slice(0, count);
}
