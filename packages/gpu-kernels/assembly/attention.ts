// Attention of queries [steps, batch, size] to keys [positions, batch, size] and values [positions, batch, width], one
// query of one sequence after the other. The scores become the weights in place; nothing of [.., positions, size] is kept.

import { exp, tanh } from "./activation";
import { read, write } from "./lanes";
import { at, free, malloc } from "./memory";
import { multiplyAdd } from "./multiply-add";

@inline
function sumOfLanes(sum: v128): f32 {
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)
    + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}

/** Single values are read with zeros in the other lanes, which add nothing. */
@inline
function dotPart(sum: v128, index: i32, a: usize, b: usize, single: bool): v128 {
  return multiplyAdd(sum, read(at(a, index), single), read(at(b, index), single));
}

function dot(count: i32, a: usize, b: usize): f32 {
  let sum = f32x4.splat(0), index = 0;
  for (; index + 4 <= count; index += 4) sum = dotPart(sum, index, a, b, false);
  for (; index < count; index++) sum = dotPart(sum, index, a, b, true);
  return sumOfLanes(sum);
}

@inline
function bent(index: i32, query: usize, key: usize, single: bool): v128 {
  return tanh(f32x4.add(read(at(query, index), single), read(at(key, index), single)));
}

@inline
function additivePart(sum: v128, index: i32, query: usize, key: usize, vector: usize, single: bool): v128 {
  return multiplyAdd(sum, read(at(vector, index), single), bent(index, query, key, single));
}

/** vector . tanh(query + key). */
function additiveScore(size: i32, query: usize, key: usize, vector: usize): f32 {
  let sum = f32x4.splat(0), index = 0;
  for (; index + 4 <= size; index += 4) sum = additivePart(sum, index, query, key, vector, false);
  for (; index < size; index++) sum = additivePart(sum, index, query, key, vector, true);
  return sumOfLanes(sum);
}

@inline
function addScaledPart(index: i32, scale: v128, source: usize, target: usize, single: bool): void {
  const place = at(target, index);
  write(place, multiplyAdd(read(place, single), scale, read(at(source, index), single)), single);
}

/** target += scale source. */
function addScaled(count: i32, scale: f32, source: usize, target: usize): void {
  const scales = f32x4.splat(scale);
  let index = 0;
  for (; index + 4 <= count; index += 4) addScaledPart(index, scales, source, target, false);
  for (; index < count; index++) addScaledPart(index, scales, source, target, true);
}

@inline
function lengthOf(lengths: usize, row: i32, positions: i32): i32 {
  return lengths ? max(0, min(load<i32>(at(lengths, row)), positions)) : positions;
}

@inline
function exponentialPart(index: i32, row: usize, shift: v128, single: bool): v128 {
  const value = exp(f32x4.sub(read(at(row, index), single), shift));
  write(at(row, index), value, single);
  return value;
}

/** row = softmax(row). */
function softmax(count: i32, row: usize): void {
  if (count == 0) return;
  let largest = load<f32>(row);
  for (let index = 1; index < count; index++) largest = max(largest, load<f32>(at(row, index)));
  const shift = f32x4.splat(largest);
  let sums = f32x4.splat(0), index = 0;
  for (; index + 4 <= count; index += 4) sums = f32x4.add(sums, exponentialPart(index, row, shift, false));
  let sum = sumOfLanes(sums);
  for (; index < count; index++) sum += f32x4.extract_lane(exponentialPart(index, row, shift, true), 0);
  for (index = 0; index < count; index++) store<f32>(at(row, index), load<f32>(at(row, index)) / sum);
}

/** context [steps, batch, width] and weights [steps, batch, positions]; `lengths` may be 0. */
export function attentionForward(
  steps: i32, batch: i32, size: i32, positions: i32, width: i32, query: usize, keys: usize, values: usize,
  lengths: usize, additive: bool, vector: usize, scale: f32, context: usize, weights: usize,
): void {
  memory.fill(context, 0, <usize>(steps * batch * width) << 2);
  memory.fill(weights, 0, <usize>(steps * batch * positions) << 2);
  for (let row = 0; row < steps * batch; row++) {
    const b = row % batch, length = lengthOf(lengths, b, positions);
    const asked = at(query, row * size), weight = at(weights, row * positions);
    for (let s = 0; s < length; s++) {
      const key = at(keys, (s * batch + b) * size);
      store<f32>(at(weight, s), additive ? additiveScore(size, asked, key, vector) : scale * dot(size, asked, key));
    }
    softmax(length, weight);
    for (let s = 0; s < length; s++) {
      addScaled(width, load<f32>(at(weight, s)), at(values, (s * batch + b) * width), at(context, row * width));
    }
  }
}

@inline
function additiveGradientPart(
  index: i32, slope: v128, query: usize, key: usize, vector: usize, dQuery: usize, dKey: usize, dVector: usize,
  single: bool,
): void {
  const h = bent(index, query, key, single);
  const flatness = f32x4.sub(f32x4.splat(1), f32x4.mul(h, h));
  const dSum = f32x4.mul(f32x4.mul(slope, read(at(vector, index), single)), flatness);
  write(at(dQuery, index), f32x4.add(read(at(dQuery, index), single), dSum), single);
  write(at(dKey, index), f32x4.add(read(at(dKey, index), single), dSum), single);
  write(at(dVector, index), multiplyAdd(read(at(dVector, index), single), slope, h), single);
}

function additiveGradient(
  size: i32, slope: f32, query: usize, key: usize, vector: usize, dQuery: usize, dKey: usize, dVector: usize,
): void {
  const slopes = f32x4.splat(slope);
  let index = 0;
  for (; index + 4 <= size; index += 4) {
    additiveGradientPart(index, slopes, query, key, vector, dQuery, dKey, dVector, false);
  }
  for (; index < size; index++) additiveGradientPart(index, slopes, query, key, vector, dQuery, dKey, dVector, true);
}

/** The gradients of query, keys, values and, where additive, the vector, from those of context and weights. */
export function attentionBackward(
  steps: i32, batch: i32, size: i32, positions: i32, width: i32, query: usize, keys: usize, values: usize,
  lengths: usize, additive: bool, vector: usize, scale: f32, weights: usize, dContext: usize, dWeights: usize,
  dQuery: usize, dKeys: usize, dValues: usize, dVector: usize,
): void {
  memory.fill(dQuery, 0, <usize>(steps * batch * size) << 2);
  memory.fill(dKeys, 0, <usize>(positions * batch * size) << 2);
  memory.fill(dValues, 0, <usize>(positions * batch * width) << 2);
  if (additive) memory.fill(dVector, 0, <usize>size << 2);
  const slopes = malloc(<usize>(positions + 1) << 2);
  for (let row = 0; row < steps * batch; row++) {
    const b = row % batch, length = lengthOf(lengths, b, positions);
    const weight = at(weights, row * positions), given = at(dContext, row * width);
    let mean: f32 = 0;
    for (let s = 0; s < length; s++) {
      const place = (s * batch + b) * width, share = load<f32>(at(weight, s));
      const slope = load<f32>(at(dWeights, row * positions + s)) + dot(width, given, at(values, place));
      addScaled(width, share, given, at(dValues, place));
      store<f32>(at(slopes, s), slope);
      mean += share * slope;
    }
    const asked = at(query, row * size), dAsked = at(dQuery, row * size);
    for (let s = 0; s < length; s++) {
      const place = (s * batch + b) * size;
      const slope = load<f32>(at(weight, s)) * (load<f32>(at(slopes, s)) - mean);
      if (additive) {
        additiveGradient(size, slope, asked, at(keys, place), vector, dAsked, at(dKeys, place), dVector);
      } else {
        addScaled(size, slope * scale, at(keys, place), dAsked);
        addScaled(size, slope * scale, asked, at(dKeys, place));
      }
    }
  }
  free(slopes);
}
