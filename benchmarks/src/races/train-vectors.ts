import {encodeWords, loadText8} from '@gatefold/text8-data';
import {MinibatchTraining, ParallelTraining, type WordVectors} from '@gatefold/word2vec';
import type {Course} from './course';
import type {TrainingTime} from './gensim';

export interface Trained extends TrainingTime {
  vectors: WordVectors;
}

/** Ours: vectors from a file of text, on so many threads, or in minibatches on the backend in use. */
export async function trainVectors(
  file: string,
  {minimumCount, ...settings}: Course,
  way: {threads: number} | 'minibatch',
  seed: number,
): Promise<Trained> {
  const start = performance.now();
  const corpus = encodeWords(await loadText8({path: file}), {minimumCount});
  const training =
    way === 'minibatch'
      ? new MinibatchTraining(corpus, {...settings, seed})
      : new ParallelTraining(corpus, {...settings, ...way, seed});
  let trained = 0;
  for await (const event of training.run()) if (event.kind === 'end') trained = event.seconds;
  const vectors = await training.wordVectors();
  const seconds = (performance.now() - start) / 1000;
  training.dispose();
  return {vectors, wordsPerSecond: (corpus.rawLength * settings.epochs) / trained, seconds};
}
