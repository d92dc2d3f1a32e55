// The product C = A B (or C += A B) of float32 matrices in any storage order.
//
// B is packed a block of DEPTH rows at a time into panels of 8 columns, so that the inner loop reads it in one straight
// line; a tile of 4 x 8 results then stays in eight vector registers for the whole depth of the block (Goto & van de
// Geijn 2008, "Anatomy of high-performance matrix multiplication"). A is read where it lies when its rows are
// contiguous, and packed into panels of 4 rows when they are not: a column walk of a transposed matrix would evict
// itself from the first-level cache.

import { at, free, malloc } from "./memory";

/** Rows of B in a block: a panel of 8 columns, 12 KiB, stays in the first-level cache. */
const DEPTH: i32 = 384;
/** Rows of A packed at a time: with DEPTH columns 192 KiB, well inside the second-level cache. */
const HEIGHT: i32 = 128;

// @ts-ignore: decorator
@inline
function paddedColumns(columns: i32): i32 {
  return (columns + 7) & ~7;
}

/** Copies the block of `depth` rows that starts at `b` into panels of 8 columns, the last one padded with zeros. */
function packColumns(depth: i32, columns: i32, b: usize, rowStride: i32, columnStride: i32, panels: usize): void {
  for (let column = 0; column < columns; column += 8) {
    const width = min(columns - column, 8);
    let source = at(b, column * columnStride);
    if (width == 8 && columnStride == 1) {
      for (let k = 0; k < depth; k++) {
        v128.store(panels, v128.load(source));
        v128.store(panels, v128.load(source, 16), 16);
        panels += 32;
        source = at(source, rowStride);
      }
    } else {
      for (let k = 0; k < depth; k++) {
        for (let q = 0; q < width; q++) store<f32>(at(panels, q), load<f32>(at(source, q * columnStride)));
        for (let q = width; q < 8; q++) store<f32>(at(panels, q), 0);
        panels += 32;
        source = at(source, rowStride);
      }
    }
  }
}

/** Copies whole groups of 4 rows of A so that the 4 values of each column lie side by side; returns the rows copied. */
function packRows(rows: i32, depth: i32, a: usize, rowStride: i32, columnStride: i32, panels: usize): void {
  for (let row = 0; row + 4 <= rows; row += 4) {
    let source = at(a, row * rowStride);
    for (let k = 0; k < depth; k++) {
      if (rowStride == 1) {
        v128.store(panels, v128.load(source));
      } else {
        for (let q = 0; q < 4; q++) store<f32>(at(panels, q), load<f32>(at(source, q * rowStride)));
      }
      panels += 16;
      source = at(source, columnStride);
    }
  }
}

// @ts-ignore: decorator
@inline
function multiplyAdd(sum: v128, x: v128, y: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** Writes one row of a tile: eight values, or the first `width` of them. */
function storeRow(c: usize, left: v128, right: v128, width: i32, accumulate: bool): void {
  if (width == 8) {
    if (accumulate) {
      left = f32x4.add(left, v128.load(c));
      right = f32x4.add(right, v128.load(c, 16));
    }
    v128.store(c, left);
    v128.store(c, right, 16);
    return;
  }
  for (let q = 0; q < width; q++) {
    const value = f32x4.extract_lane(left, 0);
    const p = at(c, q);
    store<f32>(p, accumulate ? load<f32>(p) + value : value);
    left = v128.shuffle<f32>(left, right, 1, 2, 3, 4);
    right = v128.shuffle<f32>(right, right, 1, 2, 3, 3);
  }
}

/** A tile of 4 rows and 8 columns. Strides in bytes. */
function tile4(
  depth: i32, a: usize, rowStride: usize, columnStride: usize, panel: usize,
  c: usize, cStride: usize, width: i32, accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const rowStride2 = rowStride << 1, rowStride3 = rowStride2 + rowStride;
  for (let k = 0; k < depth; k++) {
    const left = v128.load(panel), right = v128.load(panel, 16);
    let x = v128.load_splat<f32>(a);
    c00 = multiplyAdd(c00, x, left); c01 = multiplyAdd(c01, x, right);
    x = v128.load_splat<f32>(a + rowStride);
    c10 = multiplyAdd(c10, x, left); c11 = multiplyAdd(c11, x, right);
    x = v128.load_splat<f32>(a + rowStride2);
    c20 = multiplyAdd(c20, x, left); c21 = multiplyAdd(c21, x, right);
    x = v128.load_splat<f32>(a + rowStride3);
    c30 = multiplyAdd(c30, x, left); c31 = multiplyAdd(c31, x, right);
    panel += 32;
    a += columnStride;
  }
  storeRow(c, c00, c01, width, accumulate);
  storeRow(c + cStride, c10, c11, width, accumulate);
  storeRow(c + (cStride << 1), c20, c21, width, accumulate);
  storeRow(c + cStride * 3, c30, c31, width, accumulate);
}

/** One row and 8 columns. Four sums a column, because a single one would wait for each addition to finish. */
function tile1(depth: i32, a: usize, columnStride: usize, panel: usize, c: usize, width: i32, accumulate: bool): void {
  let l0 = f32x4.splat(0), r0 = l0, l1 = l0, r1 = l0, l2 = l0, r2 = l0, l3 = l0, r3 = l0;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    let x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(l0, x, v128.load(panel)); r0 = multiplyAdd(r0, x, v128.load(panel, 16));
    x = v128.load_splat<f32>(a + columnStride);
    l1 = multiplyAdd(l1, x, v128.load(panel, 32)); r1 = multiplyAdd(r1, x, v128.load(panel, 48));
    x = v128.load_splat<f32>(a + 2 * columnStride);
    l2 = multiplyAdd(l2, x, v128.load(panel, 64)); r2 = multiplyAdd(r2, x, v128.load(panel, 80));
    x = v128.load_splat<f32>(a + 3 * columnStride);
    l3 = multiplyAdd(l3, x, v128.load(panel, 96)); r3 = multiplyAdd(r3, x, v128.load(panel, 112));
    panel += 128;
    a += 4 * columnStride;
  }
  for (; k < depth; k++) {
    const x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(l0, x, v128.load(panel)); r0 = multiplyAdd(r0, x, v128.load(panel, 16));
    panel += 32;
    a += columnStride;
  }
  storeRow(
    c,
    f32x4.add(f32x4.add(l0, l1), f32x4.add(l2, l3)),
    f32x4.add(f32x4.add(r0, r1), f32x4.add(r2, r3)),
    width, accumulate,
  );
}

/** One block of the product: `depth` columns of A against packed panels of as many rows of B. */
function blockProduct(
  rows: i32, columns: i32, depth: i32, a: usize, aRowStride: i32, aColumnStride: i32, panels: usize,
  c: usize, cStride: i32, accumulate: bool, rowPanels: usize,
): void {
  const height = rowPanels ? HEIGHT : max(rows, 1);
  for (let top = 0; top < rows; top += height) {
    const count = min(rows - top, height);
    const block = at(a, top * aRowStride);
    if (rowPanels) packRows(count, depth, block, aRowStride, aColumnStride, rowPanels);
    let panel = panels;
    for (let column = 0; column < columns; column += 8) {
      const width = min(columns - column, 8);
      const target = at(at(c, column), top * cStride);
      let row = 0;
      for (; row + 4 <= count; row += 4) {
        const target4 = at(target, row * cStride);
        if (rowPanels) {
          tile4(depth, at(rowPanels, row * depth), 4, 16, panel, target4, <usize>cStride << 2, width, accumulate);
        } else {
          tile4(
            depth, at(block, row * aRowStride), <usize>aRowStride << 2, <usize>aColumnStride << 2, panel,
            target4, <usize>cStride << 2, width, accumulate,
          );
        }
      }
      for (; row < count; row++) {
        tile1(
          depth, at(block, row * aRowStride), <usize>aColumnStride << 2, panel, at(target, row * cStride),
          width, accumulate,
        );
      }
      panel += <usize>depth << 5;
    }
  }
}

/**
 * C [rows, columns] = A [rows, depth] B [depth, columns], or C += A B. Strides are in elements.
 * A stride pair (n, 1) is the plain row-major matrix, (1, n) its transpose.
 */
export function matrixProduct(
  rows: i32, columns: i32, depth: i32,
  a: usize, aRowStride: i32, aColumnStride: i32,
  b: usize, bRowStride: i32, bColumnStride: i32,
  c: usize, cStride: i32, accumulate: bool,
): void {
  if (rows == 0 || columns == 0) return;
  if (depth == 0) {
    if (!accumulate) for (let row = 0; row < rows; row++) memory.fill(at(c, row * cStride), 0, <usize>columns << 2);
    return;
  }
  const block = min(depth, DEPTH);
  const panels = malloc((<usize>paddedColumns(columns) * <usize>block) << 2);
  // Worth the copy only where it is read again for several panels.
  const rowPanels = aColumnStride != 1 && rows >= 4 && columns > 16 ? malloc((<usize>HEIGHT * <usize>block) << 2) : 0;
  for (let k = 0; k < depth; k += DEPTH) {
    const count = min(depth - k, DEPTH);
    packColumns(count, columns, at(b, k * bRowStride), bRowStride, bColumnStride, panels);
    blockProduct(
      rows, columns, count, at(a, k * aColumnStride), aRowStride, aColumnStride, panels,
      c, cStride, accumulate || k > 0, rowPanels,
    );
  }
  free(panels);
  if (rowPanels) free(rowPanels);
}

/** Bytes that `packMatrix` fills for a matrix [depth, columns]. */
export function packedBytes(columns: i32, depth: i32): usize {
  return (<usize>paddedColumns(columns) * <usize>depth) << 2;
}

/** Packs a whole B once, for a product that is repeated with it: every step of a recurrent layer. */
export function packMatrix(depth: i32, columns: i32, b: usize, rowStride: i32, columnStride: i32, panels: usize): void {
  for (let k = 0; k < depth; k += DEPTH) {
    packColumns(
      min(depth - k, DEPTH), columns, at(b, k * rowStride), rowStride, columnStride,
      at(panels, k * paddedColumns(columns)),
    );
  }
}

/** C = A B or C += A B with row-major A [rows, depth] and B from `packMatrix`. */
export function packedProduct(
  rows: i32, columns: i32, depth: i32, a: usize, panels: usize, c: usize, cStride: i32, accumulate: bool,
): void {
  for (let k = 0; k < depth; k += DEPTH) {
    blockProduct(
      rows, columns, min(depth - k, DEPTH), at(a, k), depth, 1, at(panels, k * paddedColumns(columns)),
      c, cStride, accumulate || k > 0, 0,
    );
  }
}
