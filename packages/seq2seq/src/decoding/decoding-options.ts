import type {Encoded} from '../encoder/encode';

export interface DecodingOptions {
  /** How many symbols a target has at most, EOS included; default twice the longest source and 10 more. */
  maxLength?: number;
  /** Whether to give what every symbol took of the source. Default false. */
  attention?: boolean;
  /** Stops between two symbols, with the signal's reason as the error. */
  signal?: AbortSignal;
}

/** Their names, for `expectKnownOptions`. */
export const decodingOptions: Readonly<Record<keyof DecodingOptions, true>> = {
  maxLength: true,
  attention: true,
  signal: true,
};

/** What was written for a source. */
export interface Decoded {
  /** Without EOS. */
  ids: Uint32Array;
  /** Whether it came to EOS, rather than to the greatest length. */
  ended: boolean;
  /** Of the ids, and of EOS where it came to it, in nats. */
  logProbability: number;
  /** Where it was asked for, and the model attends: for each id what its step took of each place of the source. */
  attention?: Float32Array[];
}

/**
 * The greatest length of what is written.
 *
 * @throws RangeError where it is not a whole number above 0.
 */
export function maxLengthOf({maxLength}: DecodingOptions, sources: readonly ArrayLike<number>[]): number {
  if (maxLength === undefined) return 2 * Math.max(0, ...sources.map(({length}) => length)) + 10;
  if (Number.isSafeInteger(maxLength) && maxLength > 0) return maxLength;
  throw new RangeError(`maxLength is ${maxLength}, expected a whole number of symbols above 0.`);
}

/** Throws a RangeError where the model gives no numbers to choose by. */
export function expectNumber(logProbability: number): void {
  if (!Number.isNaN(logProbability)) return;
  throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
}

/** The part of `[1, B, S]` that is of a row, as long as its source; nothing where there is no attention. */
export function weightsOfRow(
  weights: Float32Array | undefined,
  row: number,
  {memory}: Encoded,
  source: ArrayLike<number>,
): Float32Array | undefined {
  if (!weights || !memory) return undefined;
  const from = row * memory.keys.shape[0];
  return weights.slice(from, from + source.length);
}
