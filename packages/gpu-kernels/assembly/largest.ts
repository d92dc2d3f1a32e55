// The largest value of a row.

import { at } from "./memory";

/**
 * NaN where one of the row is. That is found out by comparing, for of a pair `pmax` takes the one that is larger as the processor
 * does, where `max` needs eight instructions to hand a NaN on. Sixteen values at a time, because each maximum waits for the one before.
 */
export function largestOf(count: i32, row: usize): f32 {
  let a = f32x4.splat(-Infinity), b = a, c = a, d = a, place = 0;
  let unordered = i32x4.splat(0);
  for (; place + 16 <= count; place += 16) {
    const p = at(row, place);
    const first = v128.load(p), second = v128.load(p, 16), third = v128.load(p, 32), fourth = v128.load(p, 48);
    a = f32x4.pmax(a, first);
    b = f32x4.pmax(b, second);
    c = f32x4.pmax(c, third);
    d = f32x4.pmax(d, fourth);
    const some = v128.or(f32x4.ne(first, first), f32x4.ne(second, second));
    const others = v128.or(f32x4.ne(third, third), f32x4.ne(fourth, fourth));
    unordered = v128.or(unordered, v128.or(some, others));
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  for (; place + 4 <= count; place += 4) {
    const four = v128.load(at(row, place));
    a = f32x4.pmax(a, four);
    unordered = v128.or(unordered, f32x4.ne(four, four));
  }
  if (v128.any_true(unordered)) return NaN;
  let largest = max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
  for (; place < count; place++) largest = max(largest, load<f32>(at(row, place)));
  return largest;
}
