// Weights that every step multiplies with: packed once for all of them, or read in place where that would cost more than
// the products themselves.

import { packMatrix, packedBytes, packedProduct } from "./matrix-product";
import { malloc } from "./memory";
import { THIN, thinProduct } from "./thin-product";

/** The panels of `weights` [depth, columns], to be freed; 0 where `batch` rows a step do not repay the packing. */
export function packWeights(steps: i32, batch: i32, depth: i32, columns: i32, weights: usize): usize {
  if (batch < THIN) return 0;
  const panels = malloc(packedBytes(columns, depth));
  packMatrix(depth, columns, weights, columns, 1, panels);
  return panels;
}

/** The panels of the transpose [columns, depth] of `weights`, to be freed. */
export function packTransposed(depth: i32, columns: i32, weights: usize): usize {
  const panels = malloc(packedBytes(depth, columns));
  packMatrix(columns, depth, weights, 1, columns, panels);
  return panels;
}

/** C [rows, columns] += A [rows, depth] times weights, by the panels of `packWeights`. */
@inline
export function addProduct(rows: i32, columns: i32, depth: i32, a: usize, panels: usize, weights: usize, c: usize): void {
  if (panels) packedProduct(rows, columns, depth, a, panels, c, columns, true);
  else thinProduct(rows, columns, depth, a, weights, columns, c);
}
