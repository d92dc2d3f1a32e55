// Inverted dropout: a value is multiplied by 0 where the hash of its index is below the threshold, else by `scale`.

import { hash } from "./hash";
import { read, write } from "./lanes";
import { at } from "./memory";

@inline
function drop(index: i32, x: usize, key: i32, threshold: u32, scale: f32, result: usize, single: bool): void {
  const indices = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  const kept = i32x4.ge_u(hash(i32x4.splat(key), indices), i32x4.splat(threshold));
  const mask = v128.and(kept, f32x4.splat(scale));
  write(at(result, index), f32x4.mul(read(at(x, index), single), mask), single);
}

export function dropout(count: i32, x: usize, key: i32, threshold: u32, scale: f32, result: usize): void {
  let index = 0;
  for (; index + 4 <= count; index += 4) drop(index, x, key, threshold, scale, result, false);
  for (; index < count; index++) drop(index, x, key, threshold, scale, result, true);
}
