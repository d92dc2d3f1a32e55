// The largest value of a row.

import { at } from "./memory";

/** NaN where one of the row is. Sixteen values at a time, because each maximum waits for the one before. */
export function largestOf(count: i32, row: usize): f32 {
  let a = f32x4.splat(-Infinity), b = a, c = a, d = a, place = 0;
  for (; place + 16 <= count; place += 16) {
    const p = at(row, place);
    a = f32x4.max(a, v128.load(p));
    b = f32x4.max(b, v128.load(p, 16));
    c = f32x4.max(c, v128.load(p, 32));
    d = f32x4.max(d, v128.load(p, 48));
  }
  a = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
  for (; place + 4 <= count; place += 4) a = f32x4.max(a, v128.load(at(row, place)));
  let largest = max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
  for (; place < count; place++) largest = max(largest, load<f32>(at(row, place)));
  return largest;
}
