// Operations on the rows of a float32 matrix: fill, look up, scatter, sum.

import { at } from "./memory";

/** target[0..width) += source[0..width). */
@inline
export function addRow(width: i32, source: usize, target: usize): void {
  let column = 0;
  for (; column + 4 <= width; column += 4) {
    v128.store(at(target, column), f32x4.add(v128.load(at(target, column)), v128.load(at(source, column))));
  }
  for (; column < width; column++) {
    store<f32>(at(target, column), load<f32>(at(target, column)) + load<f32>(at(source, column)));
  }
}

/** Every row of `target` becomes `row`. */
export function fillRows(rows: i32, width: i32, row: usize, target: usize): void {
  for (let index = 0; index < rows; index++) memory.copy(at(target, index * width), row, <usize>width << 2);
}

/** target[n] = table[ids[n]] + bias. */
export function copyRows(rows: i32, width: i32, table: usize, ids: usize, bias: usize, target: usize): void {
  for (let index = 0; index < rows; index++) {
    const row = at(target, index * width);
    memory.copy(row, at(table, load<i32>(at(ids, index)) * width), <usize>width << 2);
    addRow(width, bias, row);
  }
}

/** table[ids[n]] += source[n]; equal ids add up. */
export function addRowsAt(rows: i32, width: i32, source: usize, ids: usize, table: usize): void {
  for (let index = 0; index < rows; index++) {
    addRow(width, at(source, index * width), at(table, load<i32>(at(ids, index)) * width));
  }
}

/** sums += the sum of all rows. */
export function addColumnSums(rows: i32, width: i32, source: usize, sums: usize): void {
  for (let index = 0; index < rows; index++) addRow(width, at(source, index * width), sums);
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
