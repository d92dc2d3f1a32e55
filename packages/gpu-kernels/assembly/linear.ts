// y = x W + b and its gradient.

import { matrixProduct } from "./matrix-product";
import { addColumnSums, fillRows } from "./rows";

export function linearForward(
  rows: i32, inputSize: i32, outputSize: i32, x: usize, kernel: usize, bias: usize, y: usize,
): void {
  fillRows(rows, outputSize, bias, y);
  matrixProduct(rows, outputSize, inputSize, x, false, kernel, false, y, true);
}

/** @param dX 0 where it is not wanted. */
export function linearBackward(
  rows: i32, inputSize: i32, outputSize: i32, x: usize, kernel: usize, dY: usize,
  dX: usize, dKernel: usize, dBias: usize,
): void {
  if (dX) matrixProduct(rows, inputSize, outputSize, dY, false, kernel, true, dX, false);
  matrixProduct(inputSize, outputSize, rows, x, true, dY, false, dKernel, false);
  memory.fill(dBias, 0, <usize>outputSize << 2);
  addColumnSums(rows, outputSize, dY, dBias);
}
