// Draws an id a row from softmax(logits / temperature): the first whose cumulated exponential exceeds a hashed part of the
// sum. Sums are kept in float64, and made four values at a time in the same order when they are counted again.

import { exp } from "./activation";
import { uniform } from "./hash";
import { largestOf } from "./largest";
import { at, free, malloc } from "./memory";
import { selectLargest } from "./top-k";

/** e^((value - largest) / temperature); what `exp` would keep above 0 because it is small becomes 0. */
@inline
function exponentials(value: v128, largest: f32, temperature: f32): v128 {
  const x = f32x4.div(f32x4.sub(value, f32x4.splat(largest)), f32x4.splat(temperature));
  return v128.and(exp(x), f32x4.ge(x, f32x4.splat(-87)));
}

@inline
function exponentialOf(place: usize, largest: f32, temperature: f32): f64 {
  return <f64>f32x4.extract_lane(exponentials(v128.load32_zero(place), largest, temperature), 0);
}

@inline
function sumOfFour(place: usize, largest: f32, temperature: f32): f64 {
  const four = exponentials(v128.load(place), largest, temperature);
  return <f64>f32x4.extract_lane(four, 0) + <f64>f32x4.extract_lane(four, 1)
    + <f64>f32x4.extract_lane(four, 2) + <f64>f32x4.extract_lane(four, 3);
}

function sumOf(count: i32, row: usize, largest: f32, temperature: f32): f64 {
  let place = 0, sum: f64 = 0;
  for (; place + 4 <= count; place += 4) sum += sumOfFour(at(row, place), largest, temperature);
  for (; place < count; place++) sum += exponentialOf(at(row, place), largest, temperature);
  return sum;
}

/** The first place at which the cumulated exponentials exceed `target`. */
function placeOf(count: i32, row: usize, largest: f32, temperature: f32, target: f64): i32 {
  let place = 0, reached: f64 = 0;
  for (; place + 4 <= count; place += 4) {
    const next = reached + sumOfFour(at(row, place), largest, temperature);
    if (next > target) break;
    reached = next;
  }
  let last = count - 1;
  for (; place < count; place++) {
    const value = exponentialOf(at(row, place), largest, temperature);
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
  const all = ofAll ? sumOf(classes, row, largest, temperature) : 0;
  const ids = at(scratch, topK);
  let count = ofAll ? min(64, topK) : topK;
  while (true) {
    selectLargest(classes, count, row, scratch, ids);
    const enough = topP * (ofAll ? all : sumOf(count, scratch, largest, temperature));
    let mass: f64 = 0, kept = 0;
    while (kept < count && mass < enough) mass += exponentialOf(at(scratch, kept++), largest, temperature);
    if (mass >= enough || count == topK) {
      return load<i32>(at(ids, placeOf(kept, scratch, largest, temperature, draw * mass)));
    }
    count = min(8 * count, topK);
  }
}

/** ids [rows] from logits [rows, classes]; `topK` 0 does not restrict. Gives the first row without a finite largest value,
 * or -1. */
export function sampleCategorical(
  rows: i32, classes: i32, logits: usize, key: i32, temperature: f32, topK: i32, topP: f64, ids: usize,
): i32 {
  const scratch: usize = topK ? malloc(<usize>topK << 3) : 0;
  let bad = -1;
  for (let index = 0; index < rows; index++) {
    const row = at(logits, index * classes), draw = uniform(key, index);
    const largest = largestOf(classes, row);
    if (!isFinite(largest)) {
      bad = index;
      break;
    }
    store<i32>(at(ids, index), topK
      ? mostLikelyOf(classes, row, largest, draw, temperature, topK, topP, scratch)
      : placeOf(classes, row, largest, temperature, draw * sumOf(classes, row, largest, temperature)));
  }
  if (scratch) free(scratch);
  return bad;
}
