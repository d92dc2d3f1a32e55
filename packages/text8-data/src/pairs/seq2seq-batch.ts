import type {EncodeOptions} from '../vocabulary/character-vocabulary';
import {type PairLike, sidesOf} from './pair';
import type {PairVocabulary} from './pair-vocabulary';
import {reservedSymbols} from './reserved-symbols';

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

/** What of a vocabulary batches need. */
export type PairEncoder = Pick<PairVocabulary, 'encode'>;

/** A pair as ids, the target's EOS included. */
export interface EncodedPair {
  source: Int32Array;
  target: Int32Array;
}

export interface EncodePairOptions {
  /** Encodes the sources. */
  source: PairEncoder;
  /** Encodes the targets; default as the sources. */
  target?: PairEncoder;
  /** Takes symbols outside the vocabularies for UNK; without it, unknown characters are an error. */
  onUnknown?: EncodeOptions['onUnknown'];
}

/**
 * All of some pairs as one batch, padded to the longest of each side.
 *
 * @throws RangeError where there is no pair, a source has no symbol, or a character is in no vocabulary and there is no
 *   `onUnknown`.
 * @example const {sources, sourceLength} = seq2seqBatch([['the fox', 'eht xof']], {source: vocabulary});
 */
export function seq2seqBatch(pairs: readonly PairLike[], options: EncodePairOptions): Seq2SeqBatch {
  const encoded = pairs.map((pair) => encodePair(pair, options));
  if (encoded.length === 0) throw new RangeError('There are no pairs, expected at least one.');
  const longest = (side: keyof EncodedPair) => Math.max(...encoded.map((pair) => pair[side].length));
  return padded(encoded, [longest('source'), longest('target')]);
}

/** @throws RangeError where the source has no symbol, or a character is in no vocabulary and there is no `onUnknown`. */
export function encodePair(pair: PairLike, {source, target = source, onUnknown}: EncodePairOptions): EncodedPair {
  const [sourceText, targetText] = sidesOf(pair);
  const sourceIds = source.encode(sourceText, {onUnknown});
  if (sourceIds.length === 0) {
    throw new RangeError(
      `A source has no symbol in it (its target is ${JSON.stringify(targetText)}): leave out such pairs.`,
    );
  }
  const targetIds = target.encode(targetText, {onUnknown});
  const withEnd = new Int32Array(targetIds.length + 1);
  withEnd.set(targetIds);
  withEnd[targetIds.length] = reservedSymbols.EOS;
  return {source: sourceIds, target: withEnd};
}

/** Pairs that are no longer than a bucket, as a batch of just its lengths. */
export function padded(
  pairs: readonly EncodedPair[],
  [sourceLength, targetLength]: readonly [number, number],
): Seq2SeqBatch {
  const side = (length: number, idsOf: (pair: EncodedPair) => Int32Array) => {
    const ids = new Int32Array(length * pairs.length).fill(reservedSymbols.PAD);
    for (const [column, pair] of pairs.entries()) {
      for (const [step, id] of idsOf(pair).entries()) ids[step * pairs.length + column] = id;
    }
    return {ids, lengths: Int32Array.from(pairs, (pair) => idsOf(pair).length)};
  };
  const sources = side(sourceLength, ({source}) => source);
  const targets = side(targetLength, ({target}) => target);
  return {
    sources: sources.ids,
    sourceLengths: sources.lengths,
    targets: targets.ids,
    targetLengths: targets.lengths,
    sourceLength,
    targetLength,
    batchSize: pairs.length,
  };
}
