import {
  BigramBatches,
  BigramVocabulary,
  CharacterVocabulary,
  type Corpus,
  SequenceBatches,
  type SequenceBatchesOptions,
} from '@gatefold/text8-data';
import type {Program} from './programs';

/** What a program reads a text as. */
export interface Symbols {
  vocabulary: Pick<BigramVocabulary, 'size' | 'encode' | 'decode'> | CharacterVocabulary;
  /** How many characters each symbol adds to the text. */
  charactersPerSymbol: number;
  batches(
    corpus: Corpus,
    sizes: Pick<SequenceBatchesOptions, 'batchSize' | 'sequenceLength'>,
  ): SequenceBatches | BigramBatches;
}

export function symbolsOf({symbols}: Program): Symbols {
  if (symbols === 'characters') {
    const vocabulary = new CharacterVocabulary();
    const batches: Symbols['batches'] = (corpus, sizes) => new SequenceBatches(corpus, {vocabulary, ...sizes});
    return {vocabulary, charactersPerSymbol: 1, batches};
  }
  const vocabulary = new BigramVocabulary({overlapping: symbols === 'overlapping bigrams'});
  const {charactersPerSymbol} = vocabulary;
  return {
    vocabulary,
    charactersPerSymbol,
    batches: (corpus, sizes) => new BigramBatches(corpus, {vocabulary, ...sizes}),
  };
}
