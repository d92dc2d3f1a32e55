// Weights that every step multiplies with, laid out once for all of them: in panels for the rows of a batch, in bands
// for the few of a thin one, or in place where there are too few steps to repay that.

import { BANDS, THIN_COLUMNS } from "./jobs";
import { packMatrix, packedBytes, packedProduct } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { bandBytes, columnsPerChunk, THIN, ThinProduct, thinProduct } from "./thin-product";
import { chunksOf, share, threadsForStep } from "./threads";

/** Packing takes as long as it saves with so many rows, those of all products together. */
const FEW_ROWS: i32 = 12;

/** Laying out bands takes as long as it saves in some three products. */
const FEW_STEPS: i32 = 4;

@unmanaged
export class Weights extends ThinProduct {
  /** 0 where they are not packed. */
  panels: usize;
}

/**
 * @param values [depth, columns], rows of which are `stride` apart, as are those of the products.
 * @param steps how many products there will be, of `batch` rows in all; those of a thin batch are shared one by one.
 * @param group of columns, a part of each of which is a thread's: those of one gate, or all.
 * @param chunkColumns how many of each group: where another product goes by the same chunks, as many as there. Bands end where
 *   chunks do.
 */
export function layOut(
  steps: i32, batch: i32, depth: i32, columns: i32, values: usize, stride: i32, group: i32 = columns,
  chunkColumns: i32 = columnsPerChunk(group, threadsForStep(<i64>batch * columns * depth)),
): Weights {
  const weights = changetype<Weights>(malloc(offsetof<Weights>()));
  weights.columns = columns;
  weights.depth = depth;
  weights.b = values;
  weights.stride = stride;
  weights.group = group;
  weights.chunkColumns = chunkColumns;
  weights.panels = 0;
  weights.bands = 0;
  weights.backwards = false;
  if (batch >= THIN && steps * batch >= FEW_ROWS) {
    weights.panels = malloc(packedBytes(columns, depth));
    packMatrix(depth, columns, values, stride, 1, weights.panels);
  } else if (steps >= FEW_STEPS) {
    weights.rows = batch;
    weights.bands = malloc(bandBytes(columns, depth));
    share(BANDS, changetype<usize>(weights), chunksOf(group, chunkColumns));
  }
  return weights;
}

/** C [rows, columns] += A [rows, depth] times weights. */
export function addProduct(weights: Weights, rows: i32, a: usize, c: usize): void {
  const columns = weights.columns, depth = weights.depth, stride = weights.stride;
  if (weights.panels) {
    packedProduct(rows, columns, depth, a, weights.panels, c, stride, true);
  } else if (weights.bands) {
    weights.a = a;
    weights.c = c;
    share(THIN_COLUMNS, changetype<usize>(weights), chunksOf(weights.group, weights.chunkColumns));
    weights.backwards = !weights.backwards;
  } else {
    thinProduct(rows, columns, depth, a, weights.b, stride, c);
  }
}

export function freeWeights(weights: Weights): void {
  if (weights.panels) free(weights.panels);
  if (weights.bands) free(weights.bands);
  free(changetype<usize>(weights));
}

/** The panels of the transpose [columns, depth] of `weights`, to be freed. */
export function packTransposed(depth: i32, columns: i32, weights: usize): usize {
  const panels = malloc(packedBytes(depth, columns));
  packMatrix(columns, depth, weights, 1, columns, panels);
  return panels;
}
