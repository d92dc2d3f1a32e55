// Operations on the rows of a row-major float32 matrix: fill, look up, scatter, sum.
import {IdRangeError} from '../errors/id-range-error';

/** Every row of `target` becomes `row`. */
export function fillRows(rows: number, row: Float32Array, target: Float32Array): void {
  for (let index = 0; index < rows; index++) target.set(row, index * row.length);
}

/** target[n] += table[ids[n]]. */
export function addRowsFrom(table: Float32Array, ids: Int32Array, width: number, target: Float32Array): void {
  for (let index = 0, at = 0; index < ids.length; index++) {
    for (let source = ids[index]! * width, end = source + width; source < end; source++)
      target[at++]! += table[source]!;
  }
}

/** table[ids[n]] += source[n]; equal ids add up. */
export function addRowsAt(source: Float32Array, ids: Int32Array, width: number, table: Float32Array): void {
  for (let index = 0, at = 0; index < ids.length; index++) {
    for (let row = ids[index]! * width, end = row + width; row < end; row++) table[row]! += source[at++]!;
  }
}

/** sums += the sum of all rows. */
export function addColumnSums(rows: number, source: Float32Array, sums: Float32Array): void {
  for (let index = 0, at = 0; index < rows; index++) {
    for (let column = 0; column < sums.length; column++) sums[column]! += source[at++]!;
  }
}

/** Throws an IdRangeError at the first id that is not in [0, size). */
export function expectIds(what: string, ids: Int32Array, size: number): void {
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    if (id < 0 || id >= size) throw new IdRangeError(what, id, index, size);
  }
}

/** Throws an IdRangeError at the first id of sparse rows that is neither in [0, size) nor -1. */
export function expectRowIds(what: string, ids: Int32Array, size: number): void {
  const index = ids.findIndex((id) => id < -1 || id >= size);
  if (index >= 0) throw new IdRangeError(what, ids[index]!, index, size);
}
