import {useBackend} from '@gatefold/gpu-kernels';
import type {EncodedCorpus} from '@gatefold/text8-data';
import type {Checkpoint} from '@gatefold/training';
import {MinibatchTraining, ParallelTraining, type Word2VecTraining} from '@gatefold/word2vec';
import type {Run} from './options';

/** A training and what it runs on, in words; one that goes on where there is a checkpoint of it. */
export async function startTraining(
  corpus: EncodedCorpus,
  {backend, settings}: Run,
  {threads, checkpoint}: {threads?: number; checkpoint?: Checkpoint},
): Promise<{training: Word2VecTraining; on: string}> {
  if (backend === undefined) {
    const training = checkpoint
      ? ParallelTraining.restore(corpus, checkpoint, {threads})
      : new ParallelTraining(corpus, {...settings, loss: settings.loss, threads});
    return {training, on: `${training.threads} ${training.threads === 1 ? 'thread' : 'threads'}`};
  }
  await useBackend(backend, backend === 'wasm' ? {threads} : {});
  const training = checkpoint ? MinibatchTraining.restore(corpus, checkpoint) : new MinibatchTraining(corpus, settings);
  return {training, on: `${backend}, in minibatches`};
}
