export type {Seq2SeqBatch, Seq2SeqBatches} from './batch/seq2seq-batch';
export {symbols} from './batch/symbols';
