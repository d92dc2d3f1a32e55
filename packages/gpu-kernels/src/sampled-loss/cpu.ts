// The loss against shared samples in plain JavaScript: three products, and between them a pass over the scores, in which
// each score becomes its own gradient.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import {addProduct, rowMajor, transposed} from '../matrix-product/cpu';
import {expectIds} from '../rows/cpu';
import type {SampledLossAttributes, SampledLossTensors} from './sampled-loss';

function sampledLoss({
  inputs: given,
  attrs: {logistic, removeHits, weight, scale},
  backend,
}: {
  inputs: SampledLossTensors<TensorInfo>;
  attrs: SampledLossAttributes;
  backend: CPUBackend;
}): TensorInfo[] {
  const [batch, width] = given.inputs.shape as [number, number];
  const [x, table] = [floats(backend, given.inputs), floats(backend, given.table)];
  const [targets, samples] = [integers(backend, given.targets), integers(backend, given.samples)];
  expectIds('sampledLoss: targets', targets, given.table.shape[0]!);
  expectIds('sampledLoss: samples', samples, given.table.shape[0]!);
  const [biases, targetLogCounts, sampleLogCounts] = [given.biases, given.targetLogCounts, given.sampleLogCounts].map(
    (tensor) => tensor && floats(backend, tensor),
  );
  const count = samples.length;

  const rows = new Float32Array(count * width);
  const offsets = new Float64Array(count);
  samples.forEach((id, k) => {
    rows.set(table.subarray(id * width, (id + 1) * width), k * width);
    offsets[k] = (biases?.[id] ?? 0) - (sampleLogCounts?.[k] ?? 0);
  });
  const scores = new Float32Array(batch * count);
  addProduct(batch, count, width, rowMajor(x, width), transposed(rows, width), scores);
  const own = new Float32Array(batch);
  let loss = 0;
  for (let row = 0; row < batch; row++) {
    const target = targets[row]!;
    let score = (biases?.[target] ?? 0) - (targetLogCounts?.[row] ?? 0);
    for (let at = row * width, from = target * width; at < (row + 1) * width; at++) score += x[at]! * table[from++]!;
    const line = scores.subarray(row * count, (row + 1) * count);
    for (let k = 0; k < count; k++) line[k] = removeHits && samples[k] === target ? -Infinity : line[k]! + offsets[k]!;
    const part = logistic ? logisticRow(score, line, weight, scale) : softmaxRow(score, line, scale);
    loss += part.loss;
    own[row] = part.gradient;
  }

  const ofInputs = new Float32Array(batch * width);
  const ofSamples = new Float32Array(count * width);
  addProduct(batch, width, count, rowMajor(scores, count), rowMajor(rows, width), ofInputs);
  addProduct(count, width, batch, transposed(scores, count), rowMajor(x, width), ofSamples);
  const places = new Map<number, number>();
  for (const ids of [samples, targets]) for (const id of ids) if (!places.has(id)) places.set(id, places.size);
  const sums = new Float32Array(places.size * width);
  const biasSums = new Float32Array(places.size);
  for (let k = 0; k < count; k++) {
    const place = places.get(samples[k]!)!;
    for (let at = place * width, from = k * width; from < (k + 1) * width; at++) sums[at]! += ofSamples[from++]!;
    for (let row = 0; row < batch; row++) biasSums[place]! += scores[row * count + k]!;
  }
  for (let row = 0; row < batch; row++) {
    const place = places.get(targets[row]!)!;
    const gradient = own[row]!;
    let [sum, from] = [place * width, targets[row]! * width];
    for (let at = row * width; at < (row + 1) * width; at++) {
      sums[sum++]! += gradient * x[at]!;
      ofInputs[at]! += gradient * table[from++]!;
    }
    biasSums[place]! += gradient;
  }
  const found = [
    backend.makeTensorInfo([places.size], 'int32', Int32Array.from(places.keys())),
    output(backend, [places.size, width], sums),
  ];
  if (biases) found.push(output(backend, [places.size], biasSums));
  return [output(backend, [], Float32Array.of(loss * scale)), output(backend, given.inputs.shape, ofInputs), ...found];
}

/** A row's loss, and the gradient of the target's score; each other score becomes its gradient. */
interface Row {
  loss: number;
  gradient: number;
}

/** log(e^score + Σ e^line) - score */
function softmaxRow(score: number, line: Float32Array, scale: number): Row {
  let largest = score;
  for (let k = 0; k < line.length; k++) largest = Math.max(largest, line[k]!);
  let sum = Math.exp(score - largest);
  for (let k = 0; k < line.length; k++) sum += Math.exp(line[k]! - largest);
  const normaliser = largest + Math.log(sum);
  for (let k = 0; k < line.length; k++) line[k] = Math.exp(line[k]! - normaliser) * scale;
  return {loss: normaliser - score, gradient: Math.expm1(score - normaliser) * scale};
}

/** log(1 + e^-score) + weight Σ log(1 + e^line) */
function logisticRow(score: number, line: Float32Array, weight: number, scale: number): Row {
  let loss = 0;
  for (let k = 0; k < line.length; k++) {
    loss += softplus(line[k]!);
    line[k] = (weight * scale) / (1 + Math.exp(-line[k]!));
  }
  return {loss: weight * loss + softplus(-score), gradient: -scale / (1 + Math.exp(score))};
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

export const sampledLossCPU = [
  {kernelName: 'SampledLoss', backendName: 'cpu', kernelFunc: sampledLoss},
] as unknown as KernelConfig[];
