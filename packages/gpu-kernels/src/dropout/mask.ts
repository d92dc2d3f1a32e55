import {hash, keyOf} from '../random/hash';
import type {DropoutOptions} from './dropout';

/** A value is dropped where its hash is below this, an unsigned 32-bit integer. */
export function thresholdOf(rate: number): number {
  return Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);
}

/** The mask of `count` values: 0 or `1 / (1 - rate)`. */
export function maskOf(count: number, {rate, seed}: DropoutOptions): Float32Array {
  const [key, threshold] = [keyOf(seed), thresholdOf(rate)];
  // A look-up rather than a branch, which the processor could not foretell: a third of the time.
  const choice = Float64Array.of(0, 1 / (1 - rate));
  const mask = new Float32Array(count);
  for (let index = 0; index < count; index++) mask[index] = choice[Number(hash(key, index) >= threshold)]!;
  return mask;
}
