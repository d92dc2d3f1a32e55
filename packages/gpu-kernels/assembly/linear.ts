// y = x W + b and its gradient.

import { matrixProduct } from "./matrix-product";
import { addColumnSums, fillRows } from "./rows";

export function linearForward(
  rows: i32, inputSize: i32, outputSize: i32, x: usize, kernel: usize, bias: usize, y: usize,
): void {
  fillRows(rows, outputSize, bias, y);
  matrixProduct(rows, outputSize, inputSize, x, inputSize, 1, kernel, outputSize, 1, y, outputSize, true);
}

/** @param dX 0 where it is not wanted. */
export function linearBackward(
  rows: i32, inputSize: i32, outputSize: i32, x: usize, kernel: usize, dY: usize,
  dX: usize, dKernel: usize, dBias: usize,
): void {
  if (dX) matrixProduct(rows, inputSize, outputSize, dY, outputSize, 1, kernel, 1, outputSize, dX, inputSize, false);
  matrixProduct(inputSize, outputSize, rows, x, 1, inputSize, dY, outputSize, 1, dKernel, outputSize, false);
  memory.fill(dBias, 0, <usize>outputSize << 2);
  addColumnSums(rows, outputSize, dY, dBias);
}
