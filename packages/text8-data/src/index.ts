export {
  type SequenceBatch,
  SequenceBatches,
  type SequenceBatchesOptions,
  type SequenceBatchesState,
} from './batches/sequence-batches';
export {type DatasetMaker, toDataset} from './batches/to-dataset';
export {Corpus} from './corpus/corpus';
export {loadStateOfTheUnion} from './corpus/load-state-of-the-union';
export {type LoadText8Options, loadText8} from './corpus/load-text8';
export {normalise} from './corpus/normalise';
export {CorpusError} from './errors/corpus-error';
export type {Progress} from './platform/platform';
export {CharacterVocabulary} from './vocabulary/character-vocabulary';
