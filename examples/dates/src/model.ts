import {Seq2SeqModel} from '@gatefold/seq2seq';
import {vocabularies} from './date-pairs';

/** Embeddings of 64, an LSTM of 64 to read and one to write, multiplicative attention: the sizes of tfjs's own example. */
export function dateModel(seed: number): Seq2SeqModel {
  return new Seq2SeqModel({
    sourceVocabularySize: vocabularies.source.size,
    targetVocabularySize: vocabularies.target.size,
    embeddingSize: 64,
    hiddenSizes: [64],
    attention: 'multiplicative',
    seed,
  });
}

export const batchSize = 128;
