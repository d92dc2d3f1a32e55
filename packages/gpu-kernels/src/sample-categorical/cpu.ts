// Draws from softmax(logits / temperature) in plain JavaScript; on tfjs-backend-webgl too (webgl.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type HostBackend, read} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {keyOf, uniform} from '../random/hash';
import {selectLargest} from '../top-k/select-largest';
import {notComparable} from '../top-k/top-k';
import type {Restriction, SampleAttributes} from './sample-categorical';

interface Call {
  inputs: {logits: TensorInfo};
  attrs: SampleAttributes;
  backend: HostBackend;
}

export function sampleCategoricalOnHost({inputs: {logits}, attrs, backend}: Call): TensorInfo {
  const [batch, classes] = logits.shape as [number, number];
  const all = read(backend, logits);
  const key = keyOf(attrs.seed);
  const ids = new Int32Array(batch);
  for (let row = 0; row < batch; row++) {
    const id = drawId(all.subarray(row * classes, (row + 1) * classes), uniform(key, row), attrs);
    if (id === undefined) throw notComparable('sampleCategorical', row);
    ids[row] = id;
  }
  return backend.makeTensorInfo([batch], 'int32', ids);
}

/** The id at which a row's cumulated probability exceeds `draw`; undefined where the row has no finite largest value. */
export function drawId(values: Float32Array, draw: number, restriction: Restriction): number | undefined {
  const largest = largestOf(values);
  if (!Number.isFinite(largest)) return undefined;
  const choose = restriction.topK === 0 ? anyOf : mostLikelyOf;
  return choose(values, largest, draw, restriction);
}

/** NaN where one of them is. */
function largestOf(values: Float32Array): number {
  let largest = values[0]!;
  for (let at = 1; at < values.length; at++) largest = Math.max(largest, values[at]!);
  return largest;
}

function sumOfExponentials(values: Float32Array, largest: number, temperature: number): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += Math.exp((values[at]! - largest) / temperature);
  return sum;
}

/** The first place at which the cumulated exponentials exceed `target`. */
function placeOf(values: Float32Array, largest: number, temperature: number, target: number): number {
  let reached = 0;
  for (let at = 0; at < values.length; at++) {
    reached += Math.exp((values[at]! - largest) / temperature);
    if (reached > target) return at;
  }
  return values.length - 1;
}

function anyOf(values: Float32Array, largest: number, draw: number, {temperature}: Restriction): number {
  return placeOf(values, largest, temperature, draw * sumOfExponentials(values, largest, temperature));
}

/**
 * Takes the most likely ids in steps of a factor of 8, until they hold the mass that `topP` asks for: of a model that
 * knows what it says, 64 of fifty thousand do.
 */
function mostLikelyOf(
  values: Float32Array,
  largest: number,
  draw: number,
  {temperature, topK, topP}: Restriction,
): number {
  const total = topK === values.length ? sumOfExponentials(values, largest, temperature) : undefined;
  for (let count = total === undefined ? topK : Math.min(64, topK); ; count = Math.min(8 * count, topK)) {
    const best = selectLargest(values, count)!;
    const enough = topP * (total ?? sumOfExponentials(best.values, largest, temperature));
    let mass = 0;
    let kept = 0;
    while (kept < count && mass < enough) mass += Math.exp((best.values[kept++]! - largest) / temperature);
    if (mass < enough && count < topK) continue;
    return best.ids[placeOf(best.values.subarray(0, kept), largest, temperature, draw * mass)]!;
  }
}

export const sampleCategoricalCPU = [
  {kernelName: 'SampleCategorical', backendName: 'cpu', kernelFunc: sampleCategoricalOnHost, supports: () => true},
] as unknown as SelectiveKernel[];
