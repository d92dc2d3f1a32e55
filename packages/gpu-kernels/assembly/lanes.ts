// One body of code for four values at a time and for the single ones at the end of a row: `single` is a constant wherever
// these are inlined, and the other branch goes.

/** Reads four values, or one. */
@inline
export function read(p: usize, single: bool): v128 {
  return single ? v128.load32_zero(p) : v128.load(p);
}

/** Writes four values, or one. */
@inline
export function write(p: usize, value: v128, single: bool): void {
  if (single) v128.store_lane<f32>(p, value, 0);
  else v128.store(p, value);
}
