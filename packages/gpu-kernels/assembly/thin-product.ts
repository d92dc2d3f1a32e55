// The product of the few rows of a thin batch, a single sequence say, as when text is generated. What takes the time is
// reading the matrix, so it is read once, and the sums of a row wait in the first-level cache.
//
// A matrix that is multiplied with once is read in place. One that every step multiplies with is interleaved first: the
// columns of four rows then lie in one straight line, which is twice as fast where rows are a power of two apart, and
// meet in the cache.

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

/**
 * C [rows, columns] += A [rows, depth] B [depth, columns]; rows of A are `aStride` values apart, those of B and C `stride`.
 */
@inline
function addInPlace(
  rows: i32, columns: i32, depth: i32, a: usize, aStride: i32, b: usize, stride: i32, c: usize,
): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    for (let row = 0; row < rows; row++) {
      addFourRows(columns, at(a, row * aStride + k), at(b, k * stride), stride, at(c, row * stride));
    }
  }
  for (; k < depth; k++) {
    for (let row = 0; row < rows; row++) {
      addRowTimes(columns, at(a, row * aStride + k), at(b, k * stride), at(c, row * stride));
    }
  }
}

/** C [rows, columns] += A [rows, depth] B [depth, columns]; rows of B and C are `stride` values apart. */
export function thinProduct(
  rows: i32, columns: i32, depth: i32, a: usize, b: usize, stride: i32, c: usize,
): void {
  addInPlace(rows, columns, depth, a, depth, b, stride, c);
}

/** The product with a matrix that is interleaved. */
@unmanaged
export class ThinProduct {
  rows: i32;
  columns: i32;
  depth: i32;
  a: usize;
  b: usize;
  /** From row to row of B and of C. */
  stride: i32;
  c: usize;
  /** B by blocks of four rows and four columns, those of a chunk's columns together; what is left over is not in it. */
  blocks: usize;
  /** A multiple of 4. */
  chunkColumns: i32;
}

/** Room for the blocks of a matrix [depth, columns]. */
export function blockBytes(columns: i32, depth: i32): usize {
  return (<usize>(columns & ~3) * <usize>(depth & ~3)) << 2;
}

@inline
function blocksOf(job: ThinProduct, column: i32): usize {
  return at(job.blocks, column * (job.depth & ~3));
}

/** Fills the blocks of a chunk's columns. */
export function interleaveColumns(job: ThinProduct, chunk: i32): void {
  const first = chunk * job.chunkColumns, columns = min((job.columns & ~3) - first, job.chunkColumns);
  const row = <usize>job.stride << 2;
  let target = blocksOf(job, first);
  for (let k = 0; k + 4 <= job.depth; k += 4) {
    let source = at(job.b, k * job.stride + first);
    for (let column = 0; column < columns; column += 4) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source + row), 16);
      v128.store(target, v128.load(source + 2 * row), 32);
      v128.store(target, v128.load(source + 3 * row), 48);
      source += 16;
      target += 64;
    }
  }
}

/** c[0..4) += a block of four rows, each with its factor. */
@inline
function addBlock(x0: v128, x1: v128, x2: v128, x3: v128, block: usize, c: usize): void {
  let sum = multiplyAdd(v128.load(c), x0, v128.load(block));
  sum = multiplyAdd(sum, x1, v128.load(block, 16));
  sum = multiplyAdd(sum, x2, v128.load(block, 32));
  v128.store(c, multiplyAdd(sum, x3, v128.load(block, 48)));
}

/** c[0..columns) += the sum of four interleaved rows, each with its factor from a; `columns` is a multiple of 4. */
@inline
function addBlocks(columns: i32, a: usize, blocks: usize, c: usize): void {
  const x0 = v128.load_splat<f32>(a), x1 = v128.load_splat<f32>(a, 4);
  const x2 = v128.load_splat<f32>(a, 8), x3 = v128.load_splat<f32>(a, 12);
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    addBlock(x0, x1, x2, x3, blocks, c);
    addBlock(x0, x1, x2, x3, blocks + 64, c + 16);
    addBlock(x0, x1, x2, x3, blocks + 128, c + 32);
    addBlock(x0, x1, x2, x3, blocks + 192, c + 48);
    blocks += 256;
    c += 64;
  }
  for (; column < columns; column += 4) {
    addBlock(x0, x1, x2, x3, blocks, c);
    blocks += 64;
    c += 16;
  }
}

/** C += A B for a chunk's columns. */
export function thinProductColumns(job: ThinProduct, chunk: i32): void {
  const rows = job.rows, depth = job.depth, stride = job.stride, whole = depth & ~3;
  const first = chunk * job.chunkColumns, end = min(job.columns, first + job.chunkColumns), columns = (end & ~3) - first;
  const c = at(job.c, first);
  let blocks = blocksOf(job, first);
  for (let k = 0; k < whole; k += 4) {
    for (let row = 0; row < rows; row++) addBlocks(columns, at(job.a, row * depth + k), blocks, at(c, row * stride));
    blocks = at(blocks, 4 * columns);
  }
  const rest = at(job.b, whole * stride + first), right = first + columns;
  if (whole < depth) addInPlace(rows, columns, depth - whole, at(job.a, whole), depth, rest, stride, c);
  if (right < end) addInPlace(rows, end - right, depth, job.a, depth, at(job.b, right), stride, at(job.c, right));
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
