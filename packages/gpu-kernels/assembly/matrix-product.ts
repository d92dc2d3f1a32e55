// The product C = A B (or C += A B) of float32 matrices in any storage order.
//
// B is packed into panels of 8 columns, so that the inner loop reads it in one straight line; a tile of 4 x 8 results
// then stays in eight vector registers for the whole depth of the product, and C is touched once (after Goto & van de
// Geijn 2008, "Anatomy of high-performance matrix multiplication", but without cutting the depth: with one pass over C
// and sequential reads, the second-level cache keeps up even at a depth of thousands). A is read row by row; where it
// is given transposed it is copied first.

import { PRODUCT_COLUMNS, PRODUCT_ROWS, TRANSPOSITION } from "./jobs";
import { at, free, malloc } from "./memory";
import { multiplyAdd } from "./multiply-add";
import { sharedThinProduct, THIN, thinTransposedProduct } from "./thin-product";
import { share, threadsFor } from "./threads";

/** Rows of A that meet all panels of a group before the next rows do. */
const HEIGHT: i32 = 32;
/** Columns of B packed at a time: with the depth of a long sequence, 3200, less than 1 MiB. */
const GROUP: i32 = 64;
/** Rows that are transposed at a time: a multiple of 4. */
const STRIP: i32 = 256;

@inline
function paddedColumns(columns: i32): i32 {
  return (columns + 7) & ~7;
}

/** Bytes that `packMatrix` fills for a matrix [depth, columns]. */
export function packedBytes(columns: i32, depth: i32): usize {
  return (<usize>paddedColumns(columns) * <usize>depth) << 2;
}

@inline
function copyEight(source: usize, target: usize): void {
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
}

/** Packs B [depth, columns] into panels of 8 columns, the last one padded with zeros. */
export function packMatrix(depth: i32, columns: i32, b: usize, rowStride: i32, columnStride: i32, panels: usize): void {
  const whole = columnStride == 1 ? columns & ~7 : 0;
  const row = <usize>rowStride << 2, panel = <usize>depth << 5;
  // Where rows are contiguous, four at a time: each is read in a straight line, and a panel is written by whole cache lines.
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    let source = at(b, k * rowStride), target = panels + (<usize>k << 5);
    for (let column = 0; column < whole; column += 8) {
      copyEight(source, target);
      copyEight(source + row, target + 32);
      copyEight(source + 2 * row, target + 64);
      copyEight(source + 3 * row, target + 96);
      source += 32;
      target += panel;
    }
  }
  for (; k < depth; k++) {
    let source = at(b, k * rowStride), target = panels + (<usize>k << 5);
    for (let column = 0; column < whole; column += 8) {
      copyEight(source, target);
      source += 32;
      target += panel;
    }
  }
  for (let column = whole; column < columns; column += 8) {
    const width = min(columns - column, 8);
    let source = at(b, column * columnStride), target = at(panels, column * depth);
    for (let k = 0; k < depth; k++) {
      for (let q = 0; q < width; q++) store<f32>(at(target, q), load<f32>(at(source, q * columnStride)));
      for (let q = width; q < 8; q++) store<f32>(at(target, q), 0);
      target += 32;
      source = at(source, rowStride);
    }
  }
}

/** Writes the transpose of row-major A [rows, columns] into a matrix of `stride` columns, 4 x 4 values at a time. */
function transposeAlone(rows: i32, columns: i32, a: usize, target: usize, stride: i32): void {
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let column = 0;
    const source = at(a, row * columns);
    for (; column + 4 <= columns; column += 4) {
      const p = at(source, column), q = at(at(target, column * stride), row);
      const r0 = v128.load(p), r1 = v128.load(at(p, columns));
      const r2 = v128.load(at(p, 2 * columns)), r3 = v128.load(at(p, 3 * columns));
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(at(q, stride), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      v128.store(at(q, 2 * stride), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      v128.store(at(q, 3 * stride), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    }
    for (; column < columns; column++) {
      for (let r = row; r < row + 4; r++) {
        store<f32>(at(target, column * stride + r), load<f32>(at(a, r * columns + column)));
      }
    }
  }
  for (; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      store<f32>(at(target, column * stride + row), load<f32>(at(a, row * columns + column)));
    }
  }
}

@unmanaged
export class Transposition {
  rows: i32;
  columns: i32;
  a: usize;
  target: usize;
  stride: i32;
}

export function transposeRows(job: Transposition, chunk: i32): void {
  const first = chunk * STRIP, rows = min(job.rows - first, STRIP);
  transposeAlone(rows, job.columns, at(job.a, first * job.columns), at(job.target, first), job.stride);
}

/** Writes the transpose of row-major A [rows, columns] into a matrix of `stride` columns. */
export function transpose(rows: i32, columns: i32, a: usize, target: usize, stride: i32): void {
  // A value moved takes about as long as 8 multiply-adds.
  if (threadsFor(<i64>rows * columns * 8) == 1) return transposeAlone(rows, columns, a, target, stride);
  const job = changetype<Transposition>(malloc(offsetof<Transposition>()));
  job.rows = rows;
  job.columns = columns;
  job.a = a;
  job.target = target;
  job.stride = stride;
  share(TRANSPOSITION, changetype<usize>(job), (rows + STRIP - 1) / STRIP);
  free(changetype<usize>(job));
}

/** Writes eight results. */
@inline
function storeWhole(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) {
    left = f32x4.add(left, v128.load(c));
    right = f32x4.add(right, v128.load(c, 16));
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

/** Writes the first `width` of eight results: the last panel of a matrix whose columns are no multiple of 8. */
function storePart(c: usize, left: v128, right: v128, width: i32, accumulate: bool): void {
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
  depth: i32, a: usize, rowStride: usize, panel: usize, c: usize, cStride: usize, width: i32, accumulate: bool,
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
    a += 4;
  }
  const row1 = c + cStride, row2 = row1 + cStride, row3 = row2 + cStride;
  if (width == 8) {
    storeWhole(c, c00, c01, accumulate);
    storeWhole(row1, c10, c11, accumulate);
    storeWhole(row2, c20, c21, accumulate);
    storeWhole(row3, c30, c31, accumulate);
  } else {
    storePart(c, c00, c01, width, accumulate);
    storePart(row1, c10, c11, width, accumulate);
    storePart(row2, c20, c21, width, accumulate);
    storePart(row3, c30, c31, width, accumulate);
  }
}

/**
 * One row and 8 columns. Three sums a column, because a single one would wait for each addition to finish, and with four
 * V8 runs out of registers.
 */
function tile1(depth: i32, a: usize, panel: usize, c: usize, width: i32, accumulate: bool): void {
  let l0 = f32x4.splat(0), r0 = l0, l1 = l0, r1 = l0, l2 = l0, r2 = l0;
  let k = 0;
  for (; k + 3 <= depth; k += 3) {
    let x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(l0, x, v128.load(panel)); r0 = multiplyAdd(r0, x, v128.load(panel, 16));
    x = v128.load_splat<f32>(a, 4);
    l1 = multiplyAdd(l1, x, v128.load(panel, 32)); r1 = multiplyAdd(r1, x, v128.load(panel, 48));
    x = v128.load_splat<f32>(a, 8);
    l2 = multiplyAdd(l2, x, v128.load(panel, 64)); r2 = multiplyAdd(r2, x, v128.load(panel, 80));
    panel += 96;
    a += 12;
  }
  for (; k < depth; k++) {
    const x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(l0, x, v128.load(panel)); r0 = multiplyAdd(r0, x, v128.load(panel, 16));
    panel += 32;
    a += 4;
  }
  const left = f32x4.add(f32x4.add(l0, l1), l2), right = f32x4.add(f32x4.add(r0, r1), r2);
  if (width == 8) storeWhole(c, left, right, accumulate);
  else storePart(c, left, right, width, accumulate);
}

/** C [rows, columns] = A B or C += A B, with row-major A [rows, depth] and B [depth, columns] from `packMatrix`. */
export function packedProduct(
  rows: i32, columns: i32, depth: i32, a: usize, panels: usize, c: usize, cStride: i32, accumulate: bool,
): void {
  const rowStride = <usize>depth << 2, cBytes = <usize>cStride << 2;
  for (let top = 0; top < rows; top += HEIGHT) {
    const bottom = min(top + HEIGHT, rows);
    let panel = panels;
    for (let column = 0; column < columns; column += 8) {
      const width = min(columns - column, 8);
      const target = at(c, column);
      let row = top;
      for (; row + 4 <= bottom; row += 4) {
        tile4(depth, a + <usize>row * rowStride, rowStride, panel, target + <usize>row * cBytes, cBytes, width, accumulate);
      }
      for (; row < bottom; row++) {
        tile1(depth, a + <usize>row * rowStride, panel, target + <usize>row * cBytes, width, accumulate);
      }
      panel += <usize>depth << 5;
    }
  }
}

@unmanaged
export class Product {
  rows: i32;
  columns: i32;
  depth: i32;
  a: usize;
  b: usize;
  rowStride: i32;
  columnStride: i32;
  c: usize;
  cStride: i32;
  accumulate: bool;
  /** Room for a group of columns, or for one a thread, each of `panelBytes`. */
  panels: usize;
  panelBytes: usize;
  /** The first column of the group that is packed, where rows are shared. */
  column: i32;
}

@inline
function packGroup(job: Product, column: i32, panels: usize): void {
  const b = at(job.b, column * job.columnStride);
  packMatrix(job.depth, min(job.columns - column, GROUP), b, job.rowStride, job.columnStride, panels);
}

/** The columns of one group, packed by the thread that multiplies them. */
export function productColumns(job: Product, group: i32, thread: i32): void {
  const column = group * GROUP, panels = job.panels + <usize>thread * job.panelBytes;
  packGroup(job, column, panels);
  const width = min(job.columns - column, GROUP);
  packedProduct(job.rows, width, job.depth, job.a, panels, at(job.c, column), job.cStride, job.accumulate);
}

/** Some rows of one group of columns that is packed already. */
export function productRows(job: Product, chunk: i32): void {
  const first = chunk * HEIGHT, rows = min(job.rows - first, HEIGHT), width = min(job.columns - job.column, GROUP);
  const a = at(job.a, first * job.depth), c = at(job.c, first * job.cStride + job.column);
  packedProduct(rows, width, job.depth, a, job.panels, c, job.cStride, job.accumulate);
}

/**
 * C [rows, columns] = A [rows, depth] B [depth, columns], or C += A B, where A is row-major without gaps and B and C have
 * strides: a value of B is `rowStride` from the one below it and `columnStride` from the one beside it.
 */
export function stridedProduct(
  rows: i32, columns: i32, depth: i32, a: usize, b: usize, rowStride: i32, columnStride: i32,
  c: usize, cStride: i32, accumulate: bool,
): void {
  const sharing = threadsFor(<i64>rows * columns * depth);
  const groups = (columns + GROUP - 1) / GROUP;
  const byColumns = sharing == 1 || groups >= 2 * sharing;
  const panelBytes = packedBytes(min(columns, GROUP), depth);
  const job = changetype<Product>(malloc(offsetof<Product>()));
  job.rows = rows;
  job.columns = columns;
  job.depth = depth;
  job.a = a;
  job.b = b;
  job.rowStride = rowStride;
  job.columnStride = columnStride;
  job.c = c;
  job.cStride = cStride;
  job.accumulate = accumulate;
  job.panels = malloc(byColumns ? <usize>sharing * panelBytes : panelBytes);
  job.panelBytes = panelBytes;
  if (sharing == 1) {
    for (let group = 0; group < groups; group++) productColumns(job, group, 0);
  } else if (byColumns) {
    share(PRODUCT_COLUMNS, changetype<usize>(job), groups);
  } else {
    for (let group = 0; group < groups; group++) {
      job.column = group * GROUP;
      packGroup(job, job.column, job.panels);
      share(PRODUCT_ROWS, changetype<usize>(job), (rows + HEIGHT - 1) / HEIGHT);
    }
  }
  free(job.panels);
  free(changetype<usize>(job));
}

/**
 * C [rows, columns] = A [rows, depth] B [depth, columns], or C += A B, all row-major where they lie; `aTransposed` and
 * `bTransposed` say that the factor lies in memory as its transpose.
 */
export function matrixProduct(
  rows: i32, columns: i32, depth: i32, a: usize, aTransposed: bool, b: usize, bTransposed: bool,
  c: usize, accumulate: bool,
): void {
  if (rows < THIN && !aTransposed) {
    if (!accumulate) memory.fill(c, 0, (<usize>rows * <usize>columns) << 2);
    if (bTransposed) thinTransposedProduct(rows, columns, depth, a, b, c);
    else sharedThinProduct(rows, columns, depth, a, b, c);
    return;
  }
  let copy: usize = 0;
  if (aTransposed) {
    copy = malloc((<usize>rows * <usize>depth) << 2);
    transpose(depth, rows, a, copy, depth);
    a = copy;
  }
  const rowStride = bTransposed ? 1 : columns, columnStride = bTransposed ? depth : 1;
  stridedProduct(rows, columns, depth, a, b, rowStride, columnStride, c, columns, accumulate);
  if (copy) free(copy);
}
