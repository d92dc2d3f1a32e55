// The k largest of each row. Where k is a small part of it: a heap of the best so far, whose root is the worst of them. Four
// values at a time are compared with the root, which most fail; then the heap is taken apart, the worst last. Where it is a
// larger part: a radix sort of the values that are large enough.

import { log } from "./activation";
import { at, free, malloc } from "./memory";
import { sumOfExponentials } from "./sparse-cross-entropy";

@inline
function isWorse(values: usize, ids: usize, one: i32, other: i32): bool {
  const a = load<f32>(at(values, one)), b = load<f32>(at(values, other));
  return a < b || (a == b && load<i32>(at(ids, one)) > load<i32>(at(ids, other)));
}

@inline
function exchange(array: usize, one: i32, other: i32): void {
  const value = load<i32>(at(array, one));
  store<i32>(at(array, one), load<i32>(at(array, other)));
  store<i32>(at(array, other), value);
}

function sink(values: usize, ids: usize, from: i32, size: i32): void {
  let place = from;
  for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && isWorse(values, ids, child + 1, child)) child += 1;
    if (!isWorse(values, ids, child, place)) return;
    exchange(values, child, place);
    exchange(ids, child, place);
    place = child;
  }
}

/** Takes a value into the heap where it is better than the worst there; of equal ones the lower id is there already. */
@inline
function offer(k: i32, id: i32, row: usize, values: usize, ids: usize): void {
  const value = load<f32>(at(row, id));
  if (!(value > load<f32>(values))) return;
  store<f32>(values, value);
  store<i32>(ids, id);
  sink(values, ids, 0, k);
}

/** By a heap. */
function gatherLargest(classes: i32, k: i32, row: usize, values: usize, ids: usize): bool {
  memory.copy(values, row, <usize>k << 2);
  for (let id = 0; id < k; id++) store<i32>(at(ids, id), id);
  let numbers = true;
  for (let id = 0; id < k; id++) numbers = numbers && load<f32>(at(row, id)) == load<f32>(at(row, id));
  for (let place = (k >> 1) - 1; place >= 0; place--) sink(values, ids, place, k);
  let id = k, unequal = i32x4.splat(0);
  for (; id + 4 <= classes; id += 4) {
    const four = v128.load(at(row, id));
    unequal = v128.or(unequal, f32x4.ne(four, four));
    if (!v128.any_true(f32x4.gt(four, f32x4.splat(load<f32>(values))))) continue;
    for (let lane = 0; lane < 4; lane++) offer(k, id + lane, row, values, ids);
  }
  for (; id < classes; id++) {
    numbers = numbers && load<f32>(at(row, id)) == load<f32>(at(row, id));
    offer(k, id, row, values, ids);
  }
  for (let last = k - 1; last > 0; last--) {
    exchange(values, 0, last);
    exchange(ids, 0, last);
    sink(values, ids, 0, last);
  }
  return numbers && !v128.any_true(unequal);
}

/** An integer without a sign that is the smaller the larger the number; -0 is 0. */
@inline
function descending(bits: u32): u32 {
  return bits < 0x80000000 ? bits ^ 0x7fffffff : bits == 0x80000000 ? 0x7fffffff : bits;
}

/** Bits by which values are told apart before any is moved: the sign, the exponent and two of the fraction. */
const COARSE: u32 = 11;

/** The highest bits of `descending` of the k-th largest, found by counting; `counts` has room for all there are. */
function coarsely(classes: i32, k: i32, row: usize, counts: usize): u32 {
  memory.fill(counts, 0, 4 << COARSE);
  for (let id = 0; id < classes; id++) {
    const count = at(counts, descending(load<u32>(at(row, id))) >> (32 - COARSE));
    store<i32>(count, load<i32>(count) + 1);
  }
  let bits: u32 = 0;
  for (let larger = load<i32>(counts); larger < k; larger += load<i32>(at(counts, bits))) bits++;
  return bits;
}

/**
 * By a radix sort, of one byte of the value after another from the lowest, of those that may be among the k largest. An entry is a
 * value's `descending` and below it its id; sorting keeps the order of equal values, which is that of their ids.
 */
function sortLargest(classes: i32, k: i32, row: usize, values: usize, ids: usize): bool {
  const scratch = malloc((<usize>classes << 4) + (4 << COARSE));
  const counts = scratch + (<usize>classes << 4);
  let entries = scratch, sorted = scratch + (<usize>classes << 3), numbers = true;
  const least = 2 * k < classes ? coarsely(classes, k, row, counts) : 1 << COARSE;
  let chosen = 0;
  for (let id = 0; id < classes; id++) {
    const value = load<f32>(at(row, id));
    numbers = numbers && value == value;
    const order = descending(reinterpret<u32>(value));
    store<u64>(entries + (<usize>chosen << 3), (<u64>order << 32) | id);
    chosen += i32(order >> (32 - COARSE) <= least); // no branch, which would be guessed wrong too often
  }
  for (let shift: u64 = 32; shift < 64; shift += 8) {
    memory.fill(counts, 0, 1024);
    for (let entry = 0; entry < chosen; entry++) {
      const count = at(counts, <i32>((load<u64>(entries + (<usize>entry << 3)) >> shift) & 255));
      store<i32>(count, load<i32>(count) + 1);
    }
    let before = 0;
    for (let digit = 0; digit < 256; digit++) {
      const count = load<i32>(at(counts, digit));
      store<i32>(at(counts, digit), before);
      before += count;
    }
    for (let entry = 0; entry < chosen; entry++) {
      const moved = load<u64>(entries + (<usize>entry << 3));
      const place = at(counts, <i32>((moved >> shift) & 255));
      store<u64>(sorted + (<usize>load<i32>(place) << 3), moved);
      store<i32>(place, load<i32>(place) + 1);
    }
    const other = entries;
    entries = sorted;
    sorted = other;
  }
  for (let rank = 0; rank < k; rank++) {
    const id = load<i32>(entries + (<usize>rank << 3)); // the lower half
    store<i32>(at(ids, rank), id);
    store<f32>(at(values, rank), load<f32>(at(row, id)));
  }
  free(scratch);
  return numbers;
}

/**
 * values [k] and ids [k] of the largest of a row, the largest first, of equal ones the lower id first. False where one of
 * the row is NaN.
 */
export function selectLargest(classes: i32, k: i32, row: usize, values: usize, ids: usize): bool {
  // By measurement, on values in no order: up to 16, and up to 55 of 10,000 and 280 of 50,000, the heap is faster.
  return k <= 16 || 180 * k < classes
    ? gatherLargest(classes, k, row, values, ids)
    : sortLargest(classes, k, row, values, ids);
}

/** values and ids [rows, k] from logits [rows, classes]; `scores` [rows] may be 0. Gives the first row with NaN, or -1. */
export function topK(
  rows: i32, classes: i32, k: i32, logits: usize, logProbabilities: bool, scores: usize, values: usize, ids: usize,
): i32 {
  for (let index = 0; index < rows; index++) {
    const row = at(logits, index * classes), best = at(values, index * k);
    if (!selectLargest(classes, k, row, best, at(ids, index * k))) return index;
    let shift: f32 = scores ? load<f32>(at(scores, index)) : 0;
    if (logProbabilities) {
      const largest = load<f32>(best);
      shift -= largest + log(sumOfExponentials(row, classes, largest));
    }
    for (let rank = 0; rank < k; rank++) store<f32>(at(best, rank), load<f32>(at(best, rank)) + shift);
  }
  return -1;
}
