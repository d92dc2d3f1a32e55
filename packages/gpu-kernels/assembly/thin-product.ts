// The product with a matrix that is read in place, as it lies or as its transpose, for the few rows where packing it would
// cost more than the product itself: a single sequence, as when text is generated.

import { at } from "./memory";
import { multiplyAdd } from "./multiply-add";

/** Below this many rows a product is thin. */
export const THIN: i32 = 4;

/** c[0..columns) += the sum of four rows of B, which are `stride` values apart, each with its factor from a. */
@inline
function addFourRows(columns: i32, a: usize, b: usize, stride: i32, c: usize): void {
  const b1 = at(b, stride), b2 = at(b1, stride), b3 = at(b2, stride);
  const x0 = v128.load_splat<f32>(a), x1 = v128.load_splat<f32>(a, 4);
  const x2 = v128.load_splat<f32>(a, 8), x3 = v128.load_splat<f32>(a, 12);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let sum = multiplyAdd(v128.load(at(c, column)), x0, v128.load(at(b, column)));
    sum = multiplyAdd(sum, x1, v128.load(at(b1, column)));
    sum = multiplyAdd(sum, x2, v128.load(at(b2, column)));
    v128.store(at(c, column), multiplyAdd(sum, x3, v128.load(at(b3, column))));
  }
  for (; column < columns; column++) {
    let sum = load<f32>(at(c, column)) + load<f32>(a) * load<f32>(at(b, column));
    sum += load<f32>(a, 4) * load<f32>(at(b1, column));
    sum += load<f32>(a, 8) * load<f32>(at(b2, column));
    store<f32>(at(c, column), sum + load<f32>(a, 12) * load<f32>(at(b3, column)));
  }
}

@inline
function addRowTimes(columns: i32, a: usize, b: usize, c: usize): void {
  const x = v128.load_splat<f32>(a);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    v128.store(at(c, column), multiplyAdd(v128.load(at(c, column)), x, v128.load(at(b, column))));
  }
  for (; column < columns; column++) {
    store<f32>(at(c, column), load<f32>(at(c, column)) + load<f32>(a) * load<f32>(at(b, column)));
  }
}

/** C [rows, columns] += A [rows, depth] B [depth, columns]; rows of B and C are `stride` values apart. */
export function thinProduct(
  rows: i32, columns: i32, depth: i32, a: usize, b: usize, stride: i32, c: usize,
): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    for (let row = 0; row < rows; row++) {
      addFourRows(columns, at(a, row * depth + k), at(b, k * stride), stride, at(c, row * stride));
    }
  }
  for (; k < depth; k++) {
    for (let row = 0; row < rows; row++) {
      addRowTimes(columns, at(a, row * depth + k), at(b, k * stride), at(c, row * stride));
    }
  }
}

@inline
function sumOfLanes(four: v128): f32 {
  return f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1)
    + f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
}

function dot(depth: i32, a: usize, b: usize): f32 {
  let first = f32x4.splat(0), second = first, third = first, fourth = first;
  let k = 0;
  for (; k + 16 <= depth; k += 16) {
    first = multiplyAdd(first, v128.load(at(a, k)), v128.load(at(b, k)));
    second = multiplyAdd(second, v128.load(at(a, k), 16), v128.load(at(b, k), 16));
    third = multiplyAdd(third, v128.load(at(a, k), 32), v128.load(at(b, k), 32));
    fourth = multiplyAdd(fourth, v128.load(at(a, k), 48), v128.load(at(b, k), 48));
  }
  let sum = sumOfLanes(f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth)));
  for (; k < depth; k++) sum += load<f32>(at(a, k)) * load<f32>(at(b, k));
  return sum;
}

/** C [rows, columns] += A [rows, depth] Bt, where B [columns, depth] lies in memory row-major. */
export function thinTransposedProduct(rows: i32, columns: i32, depth: i32, a: usize, b: usize, c: usize): void {
  for (let column = 0; column < columns; column++) {
    const from = at(b, column * depth);
    for (let row = 0; row < rows; row++) {
      const to = at(c, row * columns + column);
      store<f32>(to, load<f32>(to) + dot(depth, at(a, row * depth), from));
    }
  }
}
