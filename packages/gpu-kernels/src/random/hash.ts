// Random numbers without a state: the n-th number of a seed is a hash of both, so that any backend makes any of them at
// any time, in any order, and the same bits.

/** A permutation of the 32-bit integers in which each bit of the result hangs on each of `x` (Wellons's lowbias32). */
function mix(x: number): number {
  let bits = x;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return bits ^ (bits >>> 16);
}

/** What a seed becomes before it meets the indices; seed 0 is a seed like any other. */
export function keyOf(seed: number): number {
  return mix(seed ^ 0x9e3779b9);
}

/** The number at `index` of the stream of a key, in [0, 2^32). */
export function hash(key: number, index: number): number {
  return mix(mix(index) ^ key) >>> 0;
}

/** The same as a multiple of 2^-24 in [0, 1), which float32 holds exactly. */
export function uniform(key: number, index: number): number {
  return (hash(key, index) >>> 8) / 2 ** 24;
}

/** Throws a RangeError where `seed` is not a 32-bit integer, signed or unsigned. */
export function expectSeed(operation: string, seed: number): void {
  if (Number.isInteger(seed) && seed >= -(2 ** 31) && seed < 2 ** 32) return;
  throw new RangeError(`${operation}: seed is ${seed}, expected an integer from -2^31 to 2^32 - 1.`);
}
