export type {Seq2SeqBatch, Seq2SeqBatches} from './batch/seq2seq-batch';
export {symbols} from './batch/symbols';
export {exactMatch, tokenAccuracy} from './metrics/accuracy';
export {type CorpusBleu, type CorpusBleuOptions, corpusBleu} from './metrics/corpus-bleu';
export {editDistance, errorRate} from './metrics/edit-distance';
export type {Sequence} from './metrics/sequence';
export type {Tokenisation} from './metrics/tokenisation';
