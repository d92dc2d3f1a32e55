// Operations on the rows of a float32 matrix: fill, look up, scatter, sum.

import { at } from "./memory";
import { multiplyAdd } from "./multiply-add";

/** target[0..width) += source[0..width). */
@inline
export function addRow(width: i32, source: usize, target: usize): void {
  sumOfRows(width, source, target, target);
}

/** target = source + addend */
@inline
export function sumOfRows(width: i32, source: usize, addend: usize, target: usize): void {
  let column = 0;
  for (; column + 4 <= width; column += 4) {
    v128.store(at(target, column), f32x4.add(v128.load(at(source, column)), v128.load(at(addend, column))));
  }
  for (; column < width; column++) {
    store<f32>(at(target, column), load<f32>(at(source, column)) + load<f32>(at(addend, column)));
  }
}

/** a . b */
@inline
export function dot(width: i32, a: usize, b: usize): f32 {
  let sums = f32x4.splat(0), index = 0;
  for (; index + 4 <= width; index += 4) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(at(a, index)), v128.load(at(b, index))));
  }
  let sum = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)
    + f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
  for (; index < width; index++) sum += load<f32>(at(a, index)) * load<f32>(at(b, index));
  return sum;
}

/** target = scale source */
@inline
export function scaleRow(width: i32, scale: f32, source: usize, target: usize): void {
  const scales = f32x4.splat(scale);
  let index = 0;
  for (; index + 4 <= width; index += 4) {
    v128.store(at(target, index), f32x4.mul(scales, v128.load(at(source, index))));
  }
  for (; index < width; index++) store<f32>(at(target, index), scale * load<f32>(at(source, index)));
}

/** target += scale source */
@inline
export function addScaledRow(width: i32, scale: f32, source: usize, target: usize): void {
  const scales = f32x4.splat(scale);
  let index = 0;
  for (; index + 4 <= width; index += 4) {
    const p = at(target, index);
    v128.store(p, multiplyAdd(v128.load(p), scales, v128.load(at(source, index))));
  }
  for (; index < width; index++) {
    const p = at(target, index);
    store<f32>(p, load<f32>(p) + scale * load<f32>(at(source, index)));
  }
}

/** Every row of `target` becomes `row`. */
export function fillRows(rows: i32, width: i32, row: usize, target: usize): void {
  for (let index = 0; index < rows; index++) memory.copy(at(target, index * width), row, <usize>width << 2);
}

/** target[n] = table[ids[n]] + bias. */
export function copyRows(rows: i32, width: i32, table: usize, ids: usize, bias: usize, target: usize): void {
  for (let index = 0; index < rows; index++) {
    sumOfRows(width, at(table, load<i32>(at(ids, index)) * width), bias, at(target, index * width));
  }
}

/** table[ids[n]] += source[n]; equal ids add up. */
export function addRowsAt(rows: i32, width: i32, source: usize, ids: usize, table: usize): void {
  for (let index = 0; index < rows; index++) {
    addRow(width, at(source, index * width), at(table, load<i32>(at(ids, index)) * width));
  }
}

/** sums += the sum of all rows. Four rows at a time, or what takes the time would be to read and write the sums. */
export function addColumnSums(rows: i32, width: i32, source: usize, sums: usize): void {
  let index = 0;
  for (; index + 4 <= rows; index += 4) {
    const first = at(source, index * width), second = at(first, width);
    const third = at(second, width), fourth = at(third, width);
    let column = 0;
    for (; column + 4 <= width; column += 4) {
      const left = f32x4.add(v128.load(at(first, column)), v128.load(at(second, column)));
      const right = f32x4.add(v128.load(at(third, column)), v128.load(at(fourth, column)));
      v128.store(at(sums, column), f32x4.add(v128.load(at(sums, column)), f32x4.add(left, right)));
    }
    for (; column < width; column++) {
      const left = load<f32>(at(first, column)) + load<f32>(at(second, column));
      const right = load<f32>(at(third, column)) + load<f32>(at(fourth, column));
      store<f32>(at(sums, column), load<f32>(at(sums, column)) + (left + right));
    }
  }
  for (; index < rows; index++) addRow(width, at(source, index * width), sums);
}

/** The first position whose id is not in [lowest, size), or -1. */
export function firstIdOutside(count: i32, ids: usize, lowest: i32, size: i32): i32 {
  for (let index = 0; index < count; index++) {
    if (<u32>(load<i32>(at(ids, index)) - lowest) >= <u32>(size - lowest)) return index;
  }
  return -1;
}

/** sums [segments, width] = the sum of the rows of `source` with each id; a row whose id is no segment's is dropped. */
export function unsortedSegmentSum(
  rows: i32, width: i32, source: usize, ids: usize, segments: i32, sums: usize,
): void {
  memory.fill(sums, 0, (<usize>segments * <usize>width) << 2);
  for (let index = 0; index < rows; index++) {
    const id = load<i32>(at(ids, index));
    if (<u32>id < <u32>segments) addRow(width, at(source, index * width), at(sums, id * width));
  }
}
