export {BigramBatches, type BigramBatchesOptions, type BigramBatchesState} from './batches/bigram-batches';
export {type CbowBatch, CbowBatches, type CbowBatchesOptions, type CbowBatchesState} from './batches/cbow-batches';
export {
  ReversedWords,
  type ReversedWordsOptions,
  type ReversedWordsPair,
  type ReversedWordsState,
  reverseWords,
} from './batches/reversed-words';
export {
  type SequenceBatch,
  SequenceBatches,
  type SequenceBatchesOptions,
  type SequenceBatchesState,
} from './batches/sequence-batches';
export {
  type SkipGramBatch,
  SkipGramBatches,
  type SkipGramBatchesOptions,
  type SkipGramBatchesState,
} from './batches/skip-gram-batches';
export type {ReadableIds} from './batches/sliding-window';
export {type DatasetMaker, toDataset} from './batches/to-dataset';
export {Corpus} from './corpus/corpus';
export {EncodedCorpus, type EncodeWordsOptions, encodeWords} from './corpus/encoded-corpus';
export {EncodedFile, type EncodeWordsToFileOptions, encodeWordsToFile} from './corpus/encoded-file';
export {loadStateOfTheUnion} from './corpus/load-state-of-the-union';
export {type LoadText8Options, loadText8} from './corpus/load-text8';
export {normalise} from './corpus/normalise';
export type {Source} from './corpus/read-source';
export type {Progress} from './download/download';
export {CorpusError} from './errors/corpus-error';
export type {Bucket, LongerPairs, WaitingPairs} from './pairs/buckets';
export type {Pair, PairLike} from './pairs/pair';
export {PairBatches, type PairBatchesOptions, type PairBatchesState} from './pairs/pair-batches';
export {PairFile} from './pairs/pair-file';
export type {EndlessPairs, PairOrderState, ReadablePairs} from './pairs/pair-order';
export type {PairVocabularyJSON} from './pairs/pair-symbols';
export {PairVocabulary} from './pairs/pair-vocabulary';
export type {PairColumns} from './pairs/parse-line';
export {readPairs} from './pairs/read-pairs';
export {reservedSymbols} from './pairs/reserved-symbols';
export {type EncodePairOptions, type PairEncoder, type Seq2SeqBatch, seq2seqBatch} from './pairs/seq2seq-batch';
export type {TokenizerMaker} from './pairs/subword-symbols';
export {BigramVocabulary, type BigramVocabularyOptions} from './vocabulary/bigram-vocabulary';
export {CharacterVocabulary, type EncodeOptions, type UnknownSymbol} from './vocabulary/character-vocabulary';
export type {ReadTextOptions} from './vocabulary/read-words';
export {WordVocabulary, type WordVocabularyJSON, type WordVocabularyOptions} from './vocabulary/word-vocabulary';
