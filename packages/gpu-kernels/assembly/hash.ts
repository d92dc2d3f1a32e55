// Random numbers without a state, the same bits as src/random/hash.ts gives; four at a time, or one.

@inline
function mixFour(x: v128): v128 {
  let bits = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(bits, i32x4.shr_u(bits, 16));
}

/** The numbers at four indices of the stream of a key. */
@inline
export function hash(key: v128, index: v128): v128 {
  return mixFour(v128.xor(mixFour(index), key));
}

/** The number at one index as a multiple of 2^-24 in [0, 1). */
export function uniform(key: i32, index: i32): f64 {
  const bits = i32x4.extract_lane(hash(i32x4.splat(key), i32x4.splat(index)), 0);
  return <f64>(<u32>bits >>> 8) / 16777216;
}

/** What a seed becomes before it meets the indices. */
export function keyOf(seed: i32): i32 {
  return i32x4.extract_lane(mixFour(i32x4.splat(seed ^ 0x9e3779b9)), 0);
}
