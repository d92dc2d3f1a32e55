export type {ParallelOptions} from './parallel/parallel-settings';
export {ParallelTraining} from './parallel/parallel-training';
export type {CountedWords, WordCorpus} from './training/word-corpus';
export type {Loss, Word2VecSettings} from './training/word2vec-settings';
export type {Word2VecEvent, Word2VecTraining} from './training/word2vec-training';
export {WordVectors} from './word-vectors/word-vectors';
