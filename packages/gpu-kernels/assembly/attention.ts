// Attention of queries [steps, batch, size] to keys [positions, batch, size] and values [positions, batch, width]. The
// scores become the weights in place; nothing of [.., positions, size] is kept.
//
// All queries of one sequence follow each other, and meet copies of its keys and values that lie together: in place their
// rows are a whole batch apart, often a power of 2, and then drive each other from the cache. What is left of the time is
// the tanh of an additive score, once forward and once backward.

import { exp, tanh } from "./activation";
import { ATTENTION_BACKWARD, ATTENTION_FORWARD } from "./jobs";
import { read, write } from "./lanes";
import { at, free, malloc } from "./memory";
import { multiplyAdd } from "./multiply-add";
import { addColumnSums } from "./rows";
import { thinProduct } from "./thin-product";
import { chunksOf, rowsPerChunk, share } from "./threads";

/** What is attended to. Rows of keys and values are `keyStride` and `valueStride` values apart. */
@unmanaged
export class Attended {
  batch: i32;
  size: i32;
  positions: i32;
  width: i32;
  keys: usize;
  values: usize;
  /** [batch] int32, or 0. */
  lengths: usize;
  additive: bool;
  vector: usize;
  scale: f32;
  /** Copies of keys and values, sequence by sequence; 0 where these are read in place. */
  copies: usize;
  /** Backward only, as `keys` and `values`; filled. */
  dKeys: usize;
  dValues: usize;
  /** As `copies`. */
  dCopies: usize;
  /** [batch, size], where additive: the gradient of the vector, sequence by sequence. */
  dVectors: usize;
  /** [batch, positions]: room for the gradients of scores. */
  slopes: usize;
}

/** @param steps how many queries each sequence will have. */
export function attended(
  steps: i32, batch: i32, size: i32, positions: i32, width: i32, keys: usize, values: usize, lengths: usize,
  additive: bool, vector: usize, scale: f32,
): Attended {
  const a = changetype<Attended>(malloc(offsetof<Attended>()));
  a.batch = batch;
  a.size = size;
  a.positions = positions;
  a.width = width;
  a.keys = keys;
  a.values = values;
  a.lengths = lengths;
  a.additive = additive;
  a.vector = vector;
  a.scale = scale;
  a.copies = steps > 1 ? malloc(copyBytes(a)) : 0;
  a.dCopies = 0;
  a.dVectors = 0;
  a.slopes = 0;
  return a;
}

@inline
function copyBytes(a: Attended): usize {
  return <usize>a.batch * <usize>a.positions * <usize>(a.size + a.width) << 2;
}

/** Makes room for the gradients; `dKeys` and `dValues` are results. */
export function expectGradients(a: Attended, dKeys: usize, dValues: usize): void {
  a.dKeys = dKeys;
  a.dValues = dValues;
  a.slopes = malloc(<usize>a.batch * <usize>a.positions << 2);
  if (a.copies) {
    a.dCopies = malloc(copyBytes(a));
    memory.fill(a.dCopies, 0, copyBytes(a));
  } else {
    memory.fill(dKeys, 0, <usize>a.batch * <usize>a.positions * <usize>a.size << 2);
    memory.fill(dValues, 0, <usize>a.batch * <usize>a.positions * <usize>a.width << 2);
  }
  if (a.additive) {
    a.dVectors = malloc(<usize>a.batch * <usize>a.size << 2);
    memory.fill(a.dVectors, 0, <usize>a.batch * <usize>a.size << 2);
  }
}

/** @param dVector filled where there is one. */
export function letGo(a: Attended, dVector: usize): void {
  if (a.dVectors) {
    memory.fill(dVector, 0, <usize>a.size << 2);
    addColumnSums(a.batch, a.size, a.dVectors, dVector);
    free(a.dVectors);
  }
  if (a.slopes) free(a.slopes);
  if (a.dCopies) free(a.dCopies);
  if (a.copies) free(a.copies);
  free(changetype<usize>(a));
}

/** The copies of sequence b: its keys [positions, size], and behind them its values [positions, width]. */
@inline
function copiesOf(a: Attended, copies: usize, b: i32): usize {
  return at(copies, b * a.positions * (a.size + a.width));
}

@inline
function keysOf(a: Attended, copies: usize, keys: usize, b: i32): usize {
  return copies ? copiesOf(a, copies, b) : at(keys, b * a.size);
}

@inline
function valuesOf(a: Attended, copies: usize, values: usize, b: i32): usize {
  return copies ? at(copiesOf(a, copies, b), a.positions * a.size) : at(values, b * a.width);
}

@inline
function keyStride(a: Attended): i32 {
  return a.copies ? a.size : a.batch * a.size;
}

@inline
function valueStride(a: Attended): i32 {
  return a.copies ? a.width : a.batch * a.width;
}

@inline
function lengthOf(a: Attended, b: i32): i32 {
  return a.lengths ? max(0, min(load<i32>(at(a.lengths, b)), a.positions)) : a.positions;
}

function copyStrided(rows: i32, width: i32, source: usize, sourceStride: i32, target: usize, targetStride: i32): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(at(target, row * targetStride), at(source, row * sourceStride), <usize>width << 2);
  }
}

/** Readies `rows` sequences from `first` on for their queries. */
export function beginSequences(a: Attended, first: i32, rows: i32): void {
  if (!a.copies) return;
  for (let b = first; b < first + rows; b++) {
    copyStrided(a.positions, a.size, at(a.keys, b * a.size), a.batch * a.size, keysOf(a, a.copies, 0, b), a.size);
    copyStrided(a.positions, a.width, at(a.values, b * a.width), a.batch * a.width, valuesOf(a, a.copies, 0, b), a.width);
  }
}

/** Brings the gradients of sequences to where they belong, after their last query. */
export function endSequences(a: Attended, first: i32, rows: i32): void {
  if (!a.dCopies) return;
  for (let b = first; b < first + rows; b++) {
    copyStrided(a.positions, a.size, keysOf(a, a.dCopies, 0, b), a.size, at(a.dKeys, b * a.size), a.batch * a.size);
    copyStrided(a.positions, a.width, valuesOf(a, a.dCopies, 0, b), a.width, at(a.dValues, b * a.width), a.batch * a.width);
  }
}

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

/** Two sums, because a single one would wait for each addition to finish. */
function dot(count: i32, a: usize, b: usize): f32 {
  let even = f32x4.splat(0), odd = even, index = 0;
  for (; index + 8 <= count; index += 8) {
    even = dotPart(even, index, a, b, false);
    odd = dotPart(odd, index + 4, a, b, false);
  }
  for (; index + 4 <= count; index += 4) even = dotPart(even, index, a, b, false);
  for (; index < count; index++) odd = dotPart(odd, index, a, b, true);
  return sumOfLanes(f32x4.add(even, odd));
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

/** One query [size] of sequence b: fills weights [positions] and context [width]. */
export function attend(a: Attended, b: i32, query: usize, context: usize, weights: usize): void {
  const length = lengthOf(a, b), size = a.size, width = a.width;
  const keys = keysOf(a, a.copies, a.keys, b), stride = keyStride(a);
  for (let s = 0; s < length; s++) {
    const key = at(keys, s * stride);
    store<f32>(at(weights, s), a.additive ? additiveScore(size, query, key, a.vector) : a.scale * dot(size, query, key));
  }
  softmax(length, weights);
  memory.fill(at(weights, length), 0, <usize>(a.positions - length) << 2);
  memory.fill(context, 0, <usize>width << 2);
  thinProduct(1, width, length, weights, valuesOf(a, a.copies, a.values, b), valueStride(a), context);
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

/** The gradient of `attend`: fills dQuery, adds to those of the keys, the values and the vector. */
export function attendBackward(
  a: Attended, b: i32, query: usize, weights: usize, dContext: usize, dWeights: usize, dQuery: usize,
): void {
  const length = lengthOf(a, b), size = a.size, width = a.width;
  const slopes = at(a.slopes, b * a.positions);
  const values = valuesOf(a, a.copies, a.values, b), dValues = valuesOf(a, a.dCopies, a.dValues, b);
  let stride = valueStride(a);
  let mean: f32 = 0;
  for (let s = 0; s < length; s++) {
    const share = load<f32>(at(weights, s));
    const slope = load<f32>(at(dWeights, s)) + dot(width, dContext, at(values, s * stride));
    addScaled(width, share, dContext, at(dValues, s * stride));
    store<f32>(at(slopes, s), slope);
    mean += share * slope;
  }
  memory.fill(dQuery, 0, <usize>size << 2);
  const keys = keysOf(a, a.copies, a.keys, b), dKeys = keysOf(a, a.dCopies, a.dKeys, b);
  stride = keyStride(a);
  for (let s = 0; s < length; s++) {
    const slope = load<f32>(at(weights, s)) * (load<f32>(at(slopes, s)) - mean);
    const key = at(keys, s * stride), dKey = at(dKeys, s * stride);
    if (a.additive) {
      additiveGradient(size, slope, query, key, a.vector, dQuery, dKey, at(a.dVectors, b * size));
    } else {
      addScaled(size, slope * a.scale, key, dQuery);
      addScaled(size, slope * a.scale, query, dKey);
    }
  }
}

/** Multiply-adds of one query: a tanh takes as long as some ten. */
@inline
export function attendingCost(a: Attended): i64 {
  return <i64>a.positions * ((a.additive ? 12 : 1) * a.size + a.width);
}

/** As the parameters of `attentionForward` and `attentionBackward`. */
@unmanaged
export class Attention {
  attended: Attended;
  steps: i32;
  query: usize;
  context: usize;
  weights: usize;
  dContext: usize;
  dWeights: usize;
  dQuery: usize;
  chunkRows: i32;
}

/** All queries of some sequences. */
export function attentionForwardRows(job: Attention, chunk: i32): void {
  const a = job.attended, batch = a.batch;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  for (let b = first; b < first + rows; b++) {
    beginSequences(a, b, 1);
    for (let row = b; row < job.steps * batch; row += batch) {
      attend(a, b, at(job.query, row * a.size), at(job.context, row * a.width), at(job.weights, row * a.positions));
    }
  }
}

export function attentionBackwardRows(job: Attention, chunk: i32): void {
  const a = job.attended, batch = a.batch;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  for (let b = first; b < first + rows; b++) {
    beginSequences(a, b, 1);
    for (let row = b; row < job.steps * batch; row += batch) {
      attendBackward(
        a, b, at(job.query, row * a.size), at(job.weights, row * a.positions), at(job.dContext, row * a.width),
        at(job.dWeights, row * a.positions), at(job.dQuery, row * a.size),
      );
    }
    endSequences(a, b, 1);
  }
}

function shareSequences(kind: i32, job: Attention): void {
  const a = job.attended;
  job.chunkRows = rowsPerChunk(a.batch, <i64>job.steps * a.batch * attendingCost(a));
  share(kind, changetype<usize>(job), chunksOf(a.batch, job.chunkRows));
}

/** context [steps, batch, width] and weights [steps, batch, positions]; `lengths` may be 0. */
export function attentionForward(
  steps: i32, batch: i32, size: i32, positions: i32, width: i32, query: usize, keys: usize, values: usize,
  lengths: usize, additive: bool, vector: usize, scale: f32, context: usize, weights: usize,
): void {
  const job = changetype<Attention>(malloc(offsetof<Attention>()));
  job.attended = attended(steps, batch, size, positions, width, keys, values, lengths, additive, vector, scale);
  job.steps = steps;
  job.query = query;
  job.context = context;
  job.weights = weights;
  shareSequences(ATTENTION_FORWARD, job);
  letGo(job.attended, 0);
  free(changetype<usize>(job));
}

/** The gradients of query, keys, values and, where additive, the vector, from those of context and weights. */
export function attentionBackward(
  steps: i32, batch: i32, size: i32, positions: i32, width: i32, query: usize, keys: usize, values: usize,
  lengths: usize, additive: bool, vector: usize, scale: f32, weights: usize, dContext: usize, dWeights: usize,
  dQuery: usize, dKeys: usize, dValues: usize, dVector: usize,
): void {
  const job = changetype<Attention>(malloc(offsetof<Attention>()));
  job.attended = attended(steps, batch, size, positions, width, keys, values, lengths, additive, vector, scale);
  job.steps = steps;
  job.query = query;
  job.weights = weights;
  job.dContext = dContext;
  job.dWeights = dWeights;
  job.dQuery = dQuery;
  expectGradients(job.attended, dKeys, dValues);
  shareSequences(ATTENTION_BACKWARD, job);
  letGo(job.attended, dVector);
  free(changetype<usize>(job));
}
