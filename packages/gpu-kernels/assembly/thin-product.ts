// The product of the few rows of a thin batch, a single sequence say, as when text is generated. What takes the time is
// reading the matrix, so it is read once, and the sums of a row wait in the first-level cache.
//
// A matrix that is multiplied with once is read in place. One that every step multiplies with is laid out in bands first:
// the sums of a band's columns stay in registers, and its rows lie in one straight line, where rows a power of two apart
// would meet in the cache.

import { THIN_COLUMNS } from "./jobs";
import { at, free, malloc } from "./memory";
import { multiplyAdd } from "./multiply-add";
import { chunksOf, share, threadsFor } from "./threads";

/** Below this many rows a product is thin. */
export const THIN: i32 = 4;

/**
 * How many rows of a matrix are read side by side. The more, the less often the sums are loaded and stored; but a processor reads
 * ahead in so many places only: 12 rows are a tenth faster than 8 or 16, and 32 take four times as long. Rows a whole number of
 * pages apart want the same eight places of the first-level cache.
 */
@inline
function rowsSideBySide(stride: i32): i32 {
  return stride % 1024 == 0 ? 8 : 12;
}

/** c[0..columns) += the sum of `count` rows of B, which are `stride` values apart, each with its factor from a. */
function addRows(columns: i32, count: i32, a: usize, b: usize, stride: i32, c: usize): void {
  const end = at(a, count);
  let column = 0;
  // By whole cache lines, so that none has to wait for its other half.
  for (; column + 16 <= columns; column += 16) {
    const sums = at(c, column);
    let c0 = v128.load(sums), c1 = v128.load(sums, 16), c2 = v128.load(sums, 32), c3 = v128.load(sums, 48);
    let row = at(b, column);
    for (let factor = a; factor < end; factor += 4) {
      const x = v128.load_splat<f32>(factor);
      c0 = multiplyAdd(c0, x, v128.load(row));
      c1 = multiplyAdd(c1, x, v128.load(row, 16));
      c2 = multiplyAdd(c2, x, v128.load(row, 32));
      c3 = multiplyAdd(c3, x, v128.load(row, 48));
      row = at(row, stride);
    }
    v128.store(sums, c0);
    v128.store(sums, c1, 16);
    v128.store(sums, c2, 32);
    v128.store(sums, c3, 48);
  }
  for (; column + 4 <= columns; column += 4) {
    let sum = v128.load(at(c, column));
    for (let k = 0; k < count; k++) {
      sum = multiplyAdd(sum, v128.load_splat<f32>(at(a, k)), v128.load(at(b, k * stride + column)));
    }
    v128.store(at(c, column), sum);
  }
  for (; column < columns; column++) {
    let sum = load<f32>(at(c, column));
    for (let k = 0; k < count; k++) sum += load<f32>(at(a, k)) * load<f32>(at(b, k * stride + column));
    store<f32>(at(c, column), sum);
  }
}

/** C [rows, columns] += A [rows, depth] B [depth, columns]; rows of B and C are `stride` values apart. */
export function thinProduct(
  rows: i32, columns: i32, depth: i32, a: usize, b: usize, stride: i32, c: usize,
): void {
  const most = rowsSideBySide(stride), times = max(1, (depth + most - 1) / most);
  // As many each time: a last few would cost almost what all of them do.
  const each = (depth + times - 1) / times;
  for (let k = 0; k < depth; k += each) {
    const count = min(each, depth - k);
    for (let row = 0; row < rows; row++) {
      addRows(columns, count, at(a, row * depth + k), at(b, k * stride), stride, at(c, row * stride));
    }
  }
}

/** The product with a matrix that is in bands of columns. */
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
  /** Columns that bands do not go beyond: those of one gate, or all. */
  group: i32;
  /**
   * Of each group by broad bands, by those of BAND columns, by narrow ones; the columns left over are not in it. 0 where none
   * are laid out.
   */
  bands: usize;
  /** Of each group: a multiple of BAND. */
  chunkColumns: i32;
  /** Every other product goes through the bands from the last to the first: what was read last still lies in the caches. */
  backwards: bool;
}

/**
 * Columns whose sums stay in registers for the whole depth: as many as there are registers for, which is two bands in the
 * place of three; as many as hide how long an addition takes; and what is left over.
 */
const BROAD: i32 = 48;
const BAND: i32 = 32;
const NARROW: i32 = 8;

/** Room for the bands of a matrix [depth, columns]. */
export function bandBytes(columns: i32, depth: i32): usize {
  return (<usize>columns * <usize>depth) << 2;
}

@inline
function bandOf(job: ThinProduct, column: i32): usize {
  return at(job.bands, column * job.depth);
}

/** The columns of a chunk in one group. */
@inline
function chunkWidth(job: ThinProduct, chunk: i32): i32 {
  return min(job.group - chunk * job.chunkColumns, job.chunkColumns);
}

/** Where the broad bands of `width` columns from `first` on end, where those of BAND do, and where the narrow ones do. */
@inline
function endOfBroad(first: i32, width: i32): i32 {
  return first + width / (2 * BROAD) * (2 * BROAD);
}

@inline
function endOfWide(first: i32, width: i32): i32 {
  return first + (width & -BAND);
}

@inline
function endOfNarrow(first: i32, width: i32): i32 {
  return first + (width & -NARROW);
}

/** Copies a row of bands of `width` columns, from `column` to `end`; a cache line is written by whole. */
@inline
function fillRow(job: ThinProduct, k: i32, column: i32, end: i32, width: i32): void {
  let source = at(job.b, k * job.stride + column), target = at(bandOf(job, column), k * width);
  const band = <usize>(width * job.depth) << 2;
  for (; column < end; column += width) {
    for (let lane = 0; lane < width; lane += 4) v128.store(at(target, lane), v128.load(at(source, lane)));
    source = at(source, width);
    target += band;
  }
}

/** Fills the bands of a chunk's columns. */
export function fillBands(job: ThinProduct, chunk: i32): void {
  const width = chunkWidth(job, chunk);
  for (let k = 0; k < job.depth; k++) {
    for (let first = chunk * job.chunkColumns; first < job.columns; first += job.group) {
      const broad = endOfBroad(first, width), wide = endOfWide(first, width);
      fillRow(job, k, first, broad, BROAD);
      fillRow(job, k, broad, wide, BAND);
      fillRow(job, k, wide, endOfNarrow(first, width), NARROW);
    }
  }
}

/** c[0..BROAD) += a times a broad band. */
function addBroadBand(depth: i32, a: usize, band: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32), c3 = v128.load(c, 48);
  let c4 = v128.load(c, 64), c5 = v128.load(c, 80), c6 = v128.load(c, 96), c7 = v128.load(c, 112);
  let c8 = v128.load(c, 128), c9 = v128.load(c, 144), c10 = v128.load(c, 160), c11 = v128.load(c, 176);
  const end = at(a, depth);
  while (a < end) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(c0, x, v128.load(band));
    c1 = multiplyAdd(c1, x, v128.load(band, 16));
    c2 = multiplyAdd(c2, x, v128.load(band, 32));
    c3 = multiplyAdd(c3, x, v128.load(band, 48));
    c4 = multiplyAdd(c4, x, v128.load(band, 64));
    c5 = multiplyAdd(c5, x, v128.load(band, 80));
    c6 = multiplyAdd(c6, x, v128.load(band, 96));
    c7 = multiplyAdd(c7, x, v128.load(band, 112));
    c8 = multiplyAdd(c8, x, v128.load(band, 128));
    c9 = multiplyAdd(c9, x, v128.load(band, 144));
    c10 = multiplyAdd(c10, x, v128.load(band, 160));
    c11 = multiplyAdd(c11, x, v128.load(band, 176));
    a += 4;
    band += 192;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
  v128.store(c, c8, 128);
  v128.store(c, c9, 144);
  v128.store(c, c10, 160);
  v128.store(c, c11, 176);
}

/** c[0..BAND) += a times a band. */
function addBand(depth: i32, a: usize, band: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32), c3 = v128.load(c, 48);
  let c4 = v128.load(c, 64), c5 = v128.load(c, 80), c6 = v128.load(c, 96), c7 = v128.load(c, 112);
  const end = at(a, depth);
  while (a < end) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(c0, x, v128.load(band));
    c1 = multiplyAdd(c1, x, v128.load(band, 16));
    c2 = multiplyAdd(c2, x, v128.load(band, 32));
    c3 = multiplyAdd(c3, x, v128.load(band, 48));
    c4 = multiplyAdd(c4, x, v128.load(band, 64));
    c5 = multiplyAdd(c5, x, v128.load(band, 80));
    c6 = multiplyAdd(c6, x, v128.load(band, 96));
    c7 = multiplyAdd(c7, x, v128.load(band, 112));
    a += 4;
    band += 128;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}

/** c[0..NARROW) += a times a narrow band. */
function addNarrowBand(depth: i32, a: usize, band: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16);
  for (let k = 0; k < depth; k++) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(c0, x, v128.load(band));
    c1 = multiplyAdd(c1, x, v128.load(band, 16));
    a += 4;
    band += 32;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/** C += A B for the bands of `width` columns from one column to another; `width` is a constant wherever this is inlined. */
@inline
function addBands(job: ThinProduct, from: i32, to: i32, width: i32): void {
  for (let place = from; place < to; place += width) {
    const column = job.backwards ? from + to - width - place : place, band = bandOf(job, column);
    for (let row = 0; row < job.rows; row++) {
      const a = at(job.a, row * job.depth), c = at(job.c, row * job.stride + column);
      if (width == BROAD) addBroadBand(job.depth, a, band, c);
      else if (width == BAND) addBand(job.depth, a, band, c);
      else addNarrowBand(job.depth, a, band, c);
    }
  }
}

/** C += A B for a chunk's columns. */
export function thinProductColumns(job: ThinProduct, chunk: i32): void {
  const width = chunkWidth(job, chunk), banded = job.bands ? width : 0, last = job.columns - job.group;
  for (let group = 0; group <= last; group += job.group) {
    const first = chunk * job.chunkColumns + (job.backwards ? last - group : group);
    const broad = endOfBroad(first, banded), wide = endOfWide(first, banded), narrow = endOfNarrow(first, banded);
    if (job.backwards) {
      addBands(job, wide, narrow, NARROW);
      addBands(job, broad, wide, BAND);
      addBands(job, first, broad, BROAD);
    } else {
      addBands(job, first, broad, BROAD);
      addBands(job, broad, wide, BAND);
      addBands(job, wide, narrow, NARROW);
    }
    const rest = first + width - narrow;
    if (rest > 0) thinProduct(job.rows, rest, job.depth, job.a, at(job.b, narrow), job.stride, at(job.c, narrow));
  }
}

/** How many of so many columns a chunk has, where each thread is to have one chunk. */
export function columnsPerChunk(columns: i32, threads: i32): i32 {
  return (chunksOf(columns, threads) + BAND - 1) & -BAND;
}

/** C [rows, columns] += A [rows, depth] B [depth, columns], by whatever threads there are. */
export function sharedThinProduct(rows: i32, columns: i32, depth: i32, a: usize, b: usize, c: usize): void {
  const threads = threadsFor(<i64>rows * columns * depth);
  if (threads == 1) return thinProduct(rows, columns, depth, a, b, columns, c);
  const job = changetype<ThinProduct>(malloc(offsetof<ThinProduct>()));
  job.rows = rows;
  job.columns = columns;
  job.depth = depth;
  job.a = a;
  job.b = b;
  job.stride = columns;
  job.c = c;
  job.group = columns;
  job.bands = 0;
  job.chunkColumns = columnsPerChunk(columns, threads);
  job.backwards = false;
  share(THIN_COLUMNS, changetype<usize>(job), chunksOf(columns, job.chunkColumns));
  free(changetype<usize>(job));
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
