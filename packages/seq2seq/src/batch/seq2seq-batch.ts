import type {Batches} from '@gatefold/training';

/** Pairs of sequences, padded to the same lengths: those of their bucket. */
export interface Seq2SeqBatch {
  /** `[S, B]` time-major, flattened: ids of the sources, PAD beyond their lengths. */
  sources: Int32Array;
  /** `[B]`, each from 1 to S. */
  sourceLengths: Int32Array;
  /** `[T, B]` time-major, flattened: ids of the targets, EOS included and GO not, PAD beyond their lengths. */
  targets: Int32Array;
  /** `[B]`, each from 1 to T: EOS counts. */
  targetLengths: Int32Array;
  /** S */
  sourceLength: number;
  /** T */
  targetLength: number;
  /** B */
  batchSize: number;
}

/** An endless source of batches of pairs; their sizes may change from batch to batch. */
export type Seq2SeqBatches = Batches<Seq2SeqBatch>;
