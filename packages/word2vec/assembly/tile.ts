// Dot products and updates of a few rows with a few others: a row that is loaded once serves several times, which is
// what makes training on shared negatives fast. Two context rows by three output rows fill the sixteen registers.
//
// All gradients of a window are known before its first update. An update reads the rows as the tiles before it have left
// them; that differs from the exact sum by the square of the learning rate.

import { multiplyAdd } from "../../gpu-kernels/assembly/multiply-add";
import { wordAt } from "./memory";

@inline
function sumLanes(value: v128): f32 {
  const pairs = f32x4.add(value, v128.shuffle<f32>(value, value, 2, 3, 2, 3));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

@inline
function setSum(at: usize, value: v128): void {
  store<f32>(at, sumLanes(value));
}

/** Dot products of two rows with three; `first` and `second` are where the three results of each go. */
@inline
export function dotTwoByThree(x: usize, y: usize, rows: usize, rowBytes: u32, first: usize, second: usize): void {
  const a = wordAt(rows, 0), b = wordAt(rows, 1), c = wordAt(rows, 2);
  const zero = f32x4.splat(0);
  let xa = zero, xb = zero, xc = zero, ya = zero, yb = zero, yc = zero;
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const xs = v128.load(x + at), ys = v128.load(y + at);
    let row = v128.load(a + at);
    xa = multiplyAdd(xa, xs, row);
    ya = multiplyAdd(ya, ys, row);
    row = v128.load(b + at);
    xb = multiplyAdd(xb, xs, row);
    yb = multiplyAdd(yb, ys, row);
    row = v128.load(c + at);
    xc = multiplyAdd(xc, xs, row);
    yc = multiplyAdd(yc, ys, row);
  }
  setSum(first, xa);
  setSum(first + 4, xb);
  setSum(first + 8, xc);
  setSum(second, ya);
  setSum(second + 4, yb);
  setSum(second + 8, yc);
}

/** Adds to two rows and to three what the gradients of their dot products say. */
@inline
export function updateTwoByThree(x: usize, y: usize, rows: usize, rowBytes: u32, first: usize, second: usize): void {
  const a = wordAt(rows, 0), b = wordAt(rows, 1), c = wordAt(rows, 2);
  const xa = v128.load32_splat(first), xb = v128.load32_splat(first, 4), xc = v128.load32_splat(first, 8);
  const ya = v128.load32_splat(second), yb = v128.load32_splat(second, 4), yc = v128.load32_splat(second, 8);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const xs = v128.load(x + at), ys = v128.load(y + at);
    let row = v128.load(a + at);
    let newX = multiplyAdd(xs, xa, row), newY = multiplyAdd(ys, ya, row);
    v128.store(a + at, multiplyAdd(multiplyAdd(row, xa, xs), ya, ys));
    row = v128.load(b + at);
    newX = multiplyAdd(newX, xb, row);
    newY = multiplyAdd(newY, yb, row);
    v128.store(b + at, multiplyAdd(multiplyAdd(row, xb, xs), yb, ys));
    row = v128.load(c + at);
    newX = multiplyAdd(newX, xc, row);
    newY = multiplyAdd(newY, yc, row);
    v128.store(c + at, multiplyAdd(multiplyAdd(row, xc, xs), yc, ys));
    v128.store(x + at, newX);
    v128.store(y + at, newY);
  }
}

/** The same for one row. */
@inline
export function dotOneByThree(x: usize, rows: usize, rowBytes: u32, scores: usize): void {
  const a = wordAt(rows, 0), b = wordAt(rows, 1), c = wordAt(rows, 2);
  let xa = f32x4.splat(0), xb = f32x4.splat(0), xc = f32x4.splat(0);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const xs = v128.load(x + at);
    xa = multiplyAdd(xa, xs, v128.load(a + at));
    xb = multiplyAdd(xb, xs, v128.load(b + at));
    xc = multiplyAdd(xc, xs, v128.load(c + at));
  }
  setSum(scores, xa);
  setSum(scores + 4, xb);
  setSum(scores + 8, xc);
}

/** The same for one row `x`, whose own change is added to `target`: itself, or a row that collects changes. */
@inline
export function updateOneByThree(x: usize, target: usize, rows: usize, rowBytes: u32, gradients: usize): void {
  const a = wordAt(rows, 0), b = wordAt(rows, 1), c = wordAt(rows, 2);
  const xa = v128.load32_splat(gradients), xb = v128.load32_splat(gradients, 4), xc = v128.load32_splat(gradients, 8);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const xs = v128.load(x + at);
    let row = v128.load(a + at);
    let changed = multiplyAdd(v128.load(target + at), xa, row);
    v128.store(a + at, multiplyAdd(row, xa, xs));
    row = v128.load(b + at);
    changed = multiplyAdd(changed, xb, row);
    v128.store(b + at, multiplyAdd(row, xb, xs));
    row = v128.load(c + at);
    changed = multiplyAdd(changed, xc, row);
    v128.store(c + at, multiplyAdd(row, xc, xs));
    v128.store(target + at, changed);
  }
}
