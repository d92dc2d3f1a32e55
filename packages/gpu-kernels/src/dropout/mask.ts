import {hash, keyOf} from '../random/hash';
import type {DropoutOptions} from './dropout';

/** A value is dropped where its hash is below this, an unsigned 32-bit integer. */
export function thresholdOf(rate: number): number {
  return Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);
}

/** The mask of `count` values: 0 or `1 / (1 - rate)`. */
export function maskOf(count: number, {rate, seed}: DropoutOptions): Float32Array {
  const [key, threshold, scale] = [keyOf(seed), thresholdOf(rate), 1 / (1 - rate)];
  const mask = new Float32Array(count);
  for (let index = 0; index < count; index++) if (hash(key, index) >= threshold) mask[index] = scale;
  return mask;
}
