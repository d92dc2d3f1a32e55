// The loss of a batch against words that all of it shares, and its gradients: three matrix products, and between them a
// pass over the scores, in which each score becomes its own gradient.
//
// The samples are padded to a multiple of 4, so that a row of scores is whole vectors; padding has the id -1.

import { exp, log } from "./activation";
import { slotOf } from "./embedding";
import { at, free, malloc } from "./memory";
import { matrixProduct } from "./matrix-product";
import { addColumnSums, addRow, addScaledRow, dot, scaleRow } from "./rows";

/** Factors of at most 2 whose product float32 holds. */
const FACTORS: i32 = 96;

/** Which of four samples do not count for a target: padding and, where these are removed, accidental hits. */
@inline
function excluded(samples: usize, target: i32, removeHits: bool): v128 {
  const ids = v128.load(samples), padding = i32x4.lt_s(ids, i32x4.splat(0));
  return removeHits ? v128.or(padding, i32x4.eq(ids, i32x4.splat(target))) : padding;
}

@inline
function sumOf(lanes: v128): f32 {
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)
    + f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
}

/**
 * Makes a row of scores, with `offsets` still to be added, its gradient, and `own` the gradient of the target's.
 * The loss is log(e^own + sum e^scores) - own.
 */
function softmaxRow(
  count: i32, scores: usize, offsets: usize, own: usize, samples: usize, target: i32, removeHits: bool, scale: f32,
): f64 {
  const score = load<f32>(own), none = f32x4.splat(-Infinity);
  let largest = f32x4.splat(score);
  for (let k = 0; k < count; k += 4) {
    const value = f32x4.add(v128.load(at(scores, k)), v128.load(at(offsets, k)));
    const kept = v128.bitselect(none, value, excluded(at(samples, k), target, removeHits));
    v128.store(at(scores, k), kept);
    largest = f32x4.max(largest, kept);
  }
  const shift = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  const shifts = f32x4.splat(shift);
  let sum = f32x4.splat(0);
  for (let k = 0; k < count; k += 4) {
    // The exponential of minus infinity is not quite 0 (see `exp`).
    const power = exp(f32x4.sub(v128.load(at(scores, k)), shifts));
    const kept = v128.andnot(power, excluded(at(samples, k), target, removeHits));
    v128.store(at(scores, k), kept);
    sum = f32x4.add(sum, kept);
  }
  const power = f32x4.extract_lane(exp(f32x4.splat(score - shift)), 0), total = power + sumOf(sum);
  const share = scale / total, shares = f32x4.splat(share);
  for (let k = 0; k < count; k += 4) v128.store(at(scores, k), f32x4.mul(v128.load(at(scores, k)), shares));
  store<f32>(own, power * share - scale);
  return <f64>(shift - score) + <f64>log(total);
}

/** As `softmaxRow`; the loss is log(1 + e^-own) + weight sum log(1 + e^scores). */
function logisticRow(
  count: i32, scores: usize, offsets: usize, own: usize, samples: usize, target: i32, removeHits: bool,
  weight: f32, scale: f32,
): f64 {
  const score = load<f32>(own), one = f32x4.splat(1), factors = f32x4.splat(weight * scale);
  let loss: f64 = 0, linear = f32x4.splat(0);
  for (let first = 0; first < count; first += 4 * FACTORS) {
    // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), of which the logarithm is taken of many together.
    let product = one;
    for (let k = first; k < min(count, first + 4 * FACTORS); k += 4) {
      const out = excluded(at(samples, k), target, removeHits);
      const value = f32x4.add(v128.load(at(scores, k)), v128.load(at(offsets, k)));
      linear = f32x4.add(linear, v128.andnot(f32x4.max(value, f32x4.splat(0)), out));
      const power = exp(f32x4.neg(f32x4.abs(value))), whole = f32x4.add(one, power);
      product = f32x4.mul(product, v128.bitselect(one, whole, out));
      // 1 / (1 + e^-x), which is e^x / (1 + e^x)
      const share = f32x4.div(v128.bitselect(one, power, f32x4.ge(value, f32x4.splat(0))), whole);
      v128.store(at(scores, k), v128.andnot(f32x4.mul(share, factors), out));
    }
    loss += <f64>log(f32x4.extract_lane(product, 0)) + <f64>log(f32x4.extract_lane(product, 1))
      + <f64>log(f32x4.extract_lane(product, 2)) + <f64>log(f32x4.extract_lane(product, 3));
  }
  const power = f32x4.extract_lane(exp(f32x4.splat(-abs(score))), 0);
  store<f32>(own, -scale * (score >= 0 ? power : 1) / (1 + power));
  return <f64>weight * (loss + <f64>sumOf(linear)) + <f64>max(-score, <f32>0) + <f64>log(1 + power);
}

/**
 * @param biases, targetLogCounts, sampleLogCounts 0 where there are none.
 * @param scale of the loss and of all gradients: 1 for a sum, 1 / batch for a mean.
 * @param places, size a hash table, see `slotOf`.
 * @param loss where the loss is written.
 * @param sumIds, sums, biasSums which rows of the table have a gradient, that, and that of their biases.
 * @returns how many rows those are.
 */
export function sampledLoss(
  batch: i32, width: i32, count: i32, inputs: usize, table: usize, biases: usize, targets: usize, samples: usize,
  targetLogCounts: usize, sampleLogCounts: usize, logistic: bool, removeHits: bool, weight: f32, scale: f32,
  places: usize, size: i32, loss: usize, dInputs: usize, sumIds: usize, sums: usize, biasSums: usize,
): i32 {
  const padded = (count + 3) & ~3, bytes = <usize>width << 2;
  const scores = malloc((<usize>batch * <usize>padded) << 2), rows = malloc(<usize>padded * bytes);
  const ids = malloc(<usize>padded << 2), offsets = malloc(<usize>padded << 2), dBiases = malloc(<usize>padded << 2);
  const own = malloc(<usize>batch << 2);

  for (let k = 0; k < padded; k++) {
    const id = k < count ? load<i32>(at(samples, k)) : -1;
    let offset: f32 = 0;
    if (k < count) {
      memory.copy(rows + <usize>k * bytes, table + <usize>id * bytes, bytes);
      if (biases) offset = load<f32>(at(biases, id));
      if (sampleLogCounts) offset -= load<f32>(at(sampleLogCounts, k));
    } else {
      memory.fill(rows + <usize>k * bytes, 0, bytes);
    }
    store<i32>(at(ids, k), id);
    store<f32>(at(offsets, k), offset);
  }

  matrixProduct(batch, padded, width, inputs, false, rows, true, scores, false);
  let total: f64 = 0;
  for (let row = 0; row < batch; row++) {
    const target = load<i32>(at(targets, row));
    let score = dot(width, inputs + <usize>row * bytes, table + <usize>target * bytes);
    if (biases) score += load<f32>(at(biases, target));
    if (targetLogCounts) score -= load<f32>(at(targetLogCounts, row));
    store<f32>(at(own, row), score);
    const line = at(scores, row * padded);
    total += logistic
      ? logisticRow(padded, line, offsets, at(own, row), ids, target, removeHits, weight, scale)
      : softmaxRow(padded, line, offsets, at(own, row), ids, target, removeHits, scale);
  }
  store<f32>(loss, <f32>(total * <f64>scale));

  matrixProduct(batch, width, padded, scores, false, rows, false, dInputs, false);
  matrixProduct(padded, width, batch, scores, true, inputs, false, rows, false); // the gradient of the samples' rows
  memory.fill(dBiases, 0, <usize>padded << 2);
  addColumnSums(batch, padded, scores, dBiases);
  let found = 0;
  for (let index = 0; index < count + batch; index++) {
    const isSample = index < count, row = index - count;
    const id = load<i32>(isSample ? at(ids, index) : at(targets, row));
    const slot = slotOf(id, places, size, sumIds);
    let place = load<i32>(slot);
    const isNew = place < 0;
    if (isNew) {
      place = found++;
      store<i32>(slot, place);
      store<i32>(at(sumIds, place), id);
      if (biasSums) store<f32>(at(biasSums, place), 0);
    }
    const sum = sums + <usize>place * bytes;
    if (isSample) {
      const source = rows + <usize>index * bytes;
      if (isNew) memory.copy(sum, source, bytes);
      else addRow(width, source, sum);
    } else {
      const d = load<f32>(at(own, row)), x = inputs + <usize>row * bytes;
      if (isNew) scaleRow(width, d, x, sum);
      else addScaledRow(width, d, x, sum);
      addScaledRow(width, d, table + <usize>id * bytes, dInputs + <usize>row * bytes);
    }
    if (biasSums) {
      const p = at(biasSums, place);
      store<f32>(p, load<f32>(p) + load<f32>(isSample ? at(dBiases, index) : at(own, row)));
    }
  }
  free(scores);
  free(rows);
  free(ids);
  free(offsets);
  free(dBiases);
  free(own);
  return found;
}
