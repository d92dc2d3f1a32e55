// Draws an id a row from softmax(logits / temperature): the first whose cumulated exponential exceeds a hashed part of the
// sum. Sums are kept in float64, and made four values at a time in the same order both times.

import { exp } from "./activation";
import { uniform } from "./hash";
import { largestOf } from "./largest";
import { at, free, malloc } from "./memory";
import { selectLargest } from "./top-k";

/** e^((value - largest) / temperature); what `exp` would keep above 0 because it is small becomes 0. */
@inline
function exponentialsOf(value: v128, largest: f32, temperature: f32): v128 {
  const x = f32x4.div(f32x4.sub(value, f32x4.splat(largest)), f32x4.splat(temperature));
  return v128.and(exp(x), f32x4.ge(x, f32x4.splat(-87)));
}

@inline
function sumOfFour(four: v128): f64 {
  const two = f64x2.add(f64x2.promote_low_f32x4(four), f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 0)));
  return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
}

/** Writes the exponentials of `count` values, which may lie in the same place; gives their sum. */
function exponentiate(count: i32, values: usize, largest: f32, temperature: f32, exponentials: usize): f64 {
  let place = 0, sum: f64 = 0;
  for (; place + 4 <= count; place += 4) {
    const four = exponentialsOf(v128.load(at(values, place)), largest, temperature);
    v128.store(at(exponentials, place), four);
    sum += sumOfFour(four);
  }
  for (; place < count; place++) {
    const one = f32x4.extract_lane(exponentialsOf(v128.load32_zero(at(values, place)), largest, temperature), 0);
    store<f32>(at(exponentials, place), one);
    sum += <f64>one;
  }
  return sum;
}

/** The first place at which the cumulated exponentials exceed `target`. */
function placeOf(count: i32, exponentials: usize, target: f64): i32 {
  let place = 0, reached: f64 = 0;
  for (; place + 4 <= count; place += 4) {
    const next = reached + sumOfFour(v128.load(at(exponentials, place)));
    if (next > target) break;
    reached = next;
  }
  let last = count - 1;
  for (; place < count; place++) {
    const value = <f64>load<f32>(at(exponentials, place));
    reached += value;
    if (reached > target) return place;
    if (value > 0) last = place;
  }
  return last;
}

/** In steps of a factor of 8, until the most likely ids hold the mass that `topP` asks for. `scratch` holds 2 topK. */
function mostLikelyOf(
  classes: i32, row: usize, largest: f32, draw: f64, temperature: f32, topK: i32, topP: f64, scratch: usize,
): i32 {
  const ofAll = topK == classes;
  const all = ofAll ? exponentiate(classes, row, largest, temperature, scratch) : 0;
  const ids = at(scratch, topK);
  let count = ofAll ? min(64, topK) : topK;
  while (true) {
    selectLargest(classes, count, row, scratch, ids);
    const sum = exponentiate(count, scratch, largest, temperature, scratch);
    const enough = topP * (ofAll ? all : sum);
    let mass: f64 = 0, kept = 0;
    while (kept < count && mass < enough) mass += <f64>load<f32>(at(scratch, kept++));
    if (mass >= enough || count == topK) return load<i32>(at(ids, placeOf(kept, scratch, draw * mass)));
    count = min(8 * count, topK);
  }
}

/** Bytes that `drawRows` works in. */
export function drawingBytes(classes: i32, topK: i32): usize {
  return topK ? <usize>topK << 3 : <usize>classes << 2;
}

/**
 * ids [rows] from logits [rows, classes]; `topK` 0 does not restrict. Gives the first row without a finite largest value,
 * or -1. `scratch` is of `drawingBytes`.
 */
export function drawRows(
  rows: i32, classes: i32, logits: usize, key: i32, temperature: f32, topK: i32, topP: f64, scratch: usize, ids: usize,
): i32 {
  for (let index = 0; index < rows; index++) {
    const row = at(logits, index * classes), draw = uniform(key, index);
    const largest = largestOf(classes, row);
    if (!isFinite(largest)) return index;
    store<i32>(at(ids, index), topK
      ? mostLikelyOf(classes, row, largest, draw, temperature, topK, topP, scratch)
      : placeOf(classes, scratch, draw * exponentiate(classes, row, largest, temperature, scratch)));
  }
  return -1;
}

/** As `drawRows`. */
export function sampleCategorical(
  rows: i32, classes: i32, logits: usize, key: i32, temperature: f32, topK: i32, topP: f64, ids: usize,
): i32 {
  const scratch = malloc(drawingBytes(classes, topK));
  const bad = drawRows(rows, classes, logits, key, temperature, topK, topP, scratch, ids);
  free(scratch);
  return bad;
}
