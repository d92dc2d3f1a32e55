// Rows of a table: looked up, and, for the gradient, equal ids summed by way of a hash table.

import { at } from "./memory";
import { addRow } from "./rows";

/** target[n] = table[ids[n]]. */
export function lookUpRows(rows: i32, width: i32, table: usize, ids: usize, target: usize): void {
  const bytes = <usize>width << 2;
  for (let index = 0; index < rows; index++) {
    memory.copy(target + <usize>index * bytes, table + <usize>load<i32>(at(ids, index)) * bytes, bytes);
  }
}

/**
 * Where the place of an id is kept in a hash table from id to row of `sumIds`, or would be.
 * @param places -1 where the table is free; its size, a power of 2, is above all ids in number.
 */
@inline
export function slotOf(id: i32, places: usize, size: i32, sumIds: usize): usize {
  const last = size - 1;
  // Multiplication by 2^32 over the golden ratio spreads neighbouring ids (Knuth 1973, section 6.4).
  let slot = (id * 0x9E3779B1) >>> clz(last);
  let place = load<i32>(at(places, slot));
  while (place >= 0 && load<i32>(at(sumIds, place)) != id) {
    slot = (slot + 1) & last;
    place = load<i32>(at(places, slot));
  }
  return at(places, slot);
}

/**
 * Adds rows to the sums found so far, or puts them behind these where their id is new.
 * @param places a hash table, see `slotOf`.
 * @param found how many sums there are already.
 * @returns how many there are now.
 */
export function sumRows(
  rows: i32, width: i32, ids: usize, values: usize, places: usize, size: i32, found: i32, sumIds: usize, sums: usize,
): i32 {
  const bytes = <usize>width << 2;
  for (let index = 0; index < rows; index++) {
    const id = load<i32>(at(ids, index)), row = values + <usize>index * bytes;
    const slot = slotOf(id, places, size, sumIds), place = load<i32>(slot);
    if (place >= 0) {
      addRow(width, row, sums + <usize>place * bytes);
    } else {
      store<i32>(slot, found);
      store<i32>(at(sumIds, found), id);
      memory.copy(sums + <usize>found * bytes, row, bytes);
      found++;
    }
  }
  return found;
}
