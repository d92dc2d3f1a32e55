// The product of float32 matrices in plain JavaScript.
//
// Both factors are copied, a block of DEPTH at a time, into float64 panels that the inner loop reads in a straight line:
// V8 computes in float64, and converting each value once instead of at every use is a third of the speed. A tile of
// 4 x 4 sums is kept for the whole depth of a block; each value of B is loaded right before its use, so that only a few
// of the sums leave the sixteen registers. 4.6 GFLOP/s where naive loops reach 1.

const ROWS = 4;
const COLUMNS = 4;
const DEPTH = 64;
/** Rows of A that meet all panels of B before the next rows do: with DEPTH, 32 KiB, which the first-level cache holds. */
const HEIGHT = 64;

/** A view of a matrix in any storage order; strides in elements. */
export interface MatrixView {
  values: Float32Array;
  offset: number;
  rowStride: number;
  columnStride: number;
}

/** The row-major matrix of `columns` columns. */
export function rowMajor(values: Float32Array, columns: number): MatrixView {
  return {values, offset: 0, rowStride: columns, columnStride: 1};
}

/** The transpose of the row-major matrix of `columns` columns. */
export function transposed(values: Float32Array, columns: number): MatrixView {
  return {values, offset: 0, rowStride: 1, columnStride: columns};
}

/** A whole right-hand factor [depth, columns], packed for a product that is repeated with it. */
export interface PackedMatrix {
  depth: number;
  columns: number;
  /** One array of panels for each block of DEPTH rows. */
  blocks: Float64Array[];
}

/** Copies `count` lines of `depth` values into panels of `width` lines, the last one padded with zeros. */
function packPanels(
  panels: Float64Array,
  values: Float32Array,
  offset: number,
  count: number,
  depth: number,
  width: number,
  lineStride: number,
  depthStride: number,
): void {
  let target = 0;
  for (let first = 0; first < count; first += width) {
    const lines = Math.min(width, count - first);
    for (let k = 0; k < depth; k++) {
      let source = offset + first * lineStride + k * depthStride;
      for (let line = 0; line < lines; line++, source += lineStride) panels[target + line] = values[source]!;
      for (let line = lines; line < width; line++) panels[target + line] = 0;
      target += width;
    }
  }
}

function panelLength(count: number, width: number, depth: number): number {
  return Math.ceil(count / width) * width * depth;
}

/** Packs B [depth, columns]. */
export function packMatrix(depth: number, columns: number, b: MatrixView): PackedMatrix {
  const blocks: Float64Array[] = [];
  for (let k = 0; k < depth; k += DEPTH) {
    const count = Math.min(DEPTH, depth - k);
    const panels = new Float64Array(panelLength(columns, COLUMNS, count));
    const offset = b.offset + k * b.rowStride;
    packPanels(panels, b.values, offset, columns, count, COLUMNS, b.columnStride, b.rowStride);
    blocks.push(panels);
  }
  return {depth, columns, blocks};
}

/** Adds the first `columns` of four sums to as many values of C. */
function add(c: Float32Array, at: number, columns: number, c0: number, c1: number, c2: number, c3: number): void {
  c[at]! += c0;
  if (columns > 1) c[at + 1]! += c1;
  if (columns > 2) c[at + 2]! += c2;
  if (columns > 3) c[at + 3]! += c3;
}

function tile(
  depth: number,
  a: Float64Array,
  p: number,
  b: Float64Array,
  q: number,
  c: Float32Array,
  at: number,
  stride: number,
  rows: number,
  columns: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (let k = 0; k < depth; k++) {
    const a0 = a[p]!;
    const a1 = a[p + 1]!;
    const a2 = a[p + 2]!;
    const a3 = a[p + 3]!;
    const b0 = b[q]!;
    c00 += a0 * b0;
    c10 += a1 * b0;
    c20 += a2 * b0;
    c30 += a3 * b0;
    const b1 = b[q + 1]!;
    c01 += a0 * b1;
    c11 += a1 * b1;
    c21 += a2 * b1;
    c31 += a3 * b1;
    const b2 = b[q + 2]!;
    c02 += a0 * b2;
    c12 += a1 * b2;
    c22 += a2 * b2;
    c32 += a3 * b2;
    const b3 = b[q + 3]!;
    c03 += a0 * b3;
    c13 += a1 * b3;
    c23 += a2 * b3;
    c33 += a3 * b3;
    p += ROWS;
    q += COLUMNS;
  }
  add(c, at, columns, c00, c01, c02, c03);
  if (rows === 1) return;
  add(c, at + stride, columns, c10, c11, c12, c13);
  if (rows === 2) return;
  add(c, at + 2 * stride, columns, c20, c21, c22, c23);
  if (rows === 3) return;
  add(c, at + 3 * stride, columns, c30, c31, c32, c33);
}

/** C [rows, columns] += A [rows, depth] B, where C is row-major. */
export function addPackedProduct(rows: number, a: MatrixView, b: PackedMatrix, c: Float32Array): void {
  const {columns} = b;
  const rowPanels = new Float64Array(panelLength(Math.min(rows, HEIGHT), ROWS, Math.min(b.depth, DEPTH)));
  for (let top = 0; top < rows; top += HEIGHT) {
    const count = Math.min(HEIGHT, rows - top);
    for (let block = 0; block < b.blocks.length; block++) {
      const panels = b.blocks[block]!;
      const depth = Math.min(DEPTH, b.depth - block * DEPTH);
      const offset = a.offset + top * a.rowStride + block * DEPTH * a.columnStride;
      packPanels(rowPanels, a.values, offset, count, depth, ROWS, a.rowStride, a.columnStride);
      for (let column = 0; column < columns; column += COLUMNS) {
        const width = Math.min(COLUMNS, columns - column);
        for (let row = 0; row < count; row += ROWS) {
          const at = (top + row) * columns + column;
          const height = Math.min(ROWS, count - row);
          tile(depth, rowPanels, row * depth, panels, column * depth, c, at, columns, height, width);
        }
      }
    }
  }
}

/**
 * C [rows, columns] += A [rows, depth] B [depth, columns] for a few rows, all row-major: four rows of B at a time,
 * because packing B would cost more than the product itself.
 */
function addThinProduct(
  rows: number,
  columns: number,
  depth: number,
  a: MatrixView,
  b: MatrixView,
  c: Float32Array,
): void {
  const [from, weights] = [a.values, b.values];
  for (let row = 0; row < rows; row++) {
    const [first, last] = [row * columns, (row + 1) * columns];
    let p = a.offset + row * a.rowStride;
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      const a0 = from[p]!;
      const a1 = from[p + a.columnStride]!;
      const a2 = from[p + 2 * a.columnStride]!;
      const a3 = from[p + 3 * a.columnStride]!;
      p += 4 * a.columnStride;
      let q = b.offset + k * b.rowStride;
      let q1 = q + b.rowStride;
      let q2 = q1 + b.rowStride;
      let q3 = q2 + b.rowStride;
      for (let at = first; at < last; at++) {
        c[at] = c[at]! + a0 * weights[q++]! + a1 * weights[q1++]! + a2 * weights[q2++]! + a3 * weights[q3++]!;
      }
    }
    for (; k < depth; k++, p += a.columnStride) {
      const factor = from[p]!;
      let q = b.offset + k * b.rowStride;
      for (let at = first; at < last; at++) c[at]! += factor * weights[q++]!;
    }
  }
}

/** Whether so few rows do not repay the packing of the other factor. */
export function isThin(rows: number): boolean {
  return rows < 4;
}

/** C [rows, columns] += A [rows, depth] B [depth, columns], where C is row-major. */
export function addProduct(
  rows: number,
  columns: number,
  depth: number,
  a: MatrixView,
  b: MatrixView,
  c: Float32Array,
): void {
  if (isThin(rows) && b.columnStride === 1) {
    addThinProduct(rows, columns, depth, a, b, c);
    return;
  }
  // Block by block, so that the panels of a deep product (all steps of a sequence) stay small.
  for (let k = 0; k < depth; k += DEPTH) {
    const count = Math.min(DEPTH, depth - k);
    const packed = packMatrix(count, columns, {...b, offset: b.offset + k * b.rowStride});
    addPackedProduct(rows, {...a, offset: a.offset + k * a.columnStride}, packed, c);
  }
}
