// The product with a matrix that is read in place, for the few rows where packing it would cost more than the product
// itself: a single sequence, as when text is generated.

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
