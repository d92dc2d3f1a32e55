import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {mersenne} from 'pure-rand/generator/mersenne';

/** Float32 numbers in [-scale, scale), the same for the same seed. */
export function seededValues(count: number, seed: number, scale = 1): Float32Array {
  const generator = mersenne(seed);
  return Float32Array.from({length: count}, () => scale * ((generator.next() >>> 0) / 2 ** 31 - 1));
}

/** Ids in [0, size), the same for the same seed. */
export function seededIds(count: number, size: number, seed: number): Int32Array {
  const generator = mersenne(seed);
  return Int32Array.from({length: count}, () => uniformInt(generator, 0, size - 1));
}
