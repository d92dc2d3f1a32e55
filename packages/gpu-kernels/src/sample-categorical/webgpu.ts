// Draws from softmax(logits / temperature) on WebGPU, a workgroup a row. Unrestricted, each lane sums a stretch of the
// row, and one walks through the stretch that the draw falls into; restricted, the most likely ids are selected and
// sorted first (top-k/webgpu.ts), and one lane walks through those.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelOptions, SelectiveKernel} from '../backends/has-kernel';
import {activationCode} from '../backends/webgpu-activation';
import {dispatch, output, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {foldCode} from '../backends/webgpu-fold';
import {keyOf} from '../random/hash';
import {hashCode} from '../random/webgpu';
import {mostSelected, selectedSize, selectionCode, selectionLanes} from '../top-k/webgpu';
import type {SampleAttributes} from './sample-categorical';

interface Call {
  inputs: {logits: TensorInfo};
  attrs: SampleAttributes;
  backend: WebGPUBackend;
}

/** WGSL of the draw of a row, `uniform` of random/hash.ts. */
const drawCode = `
  ${hashCode}
  fn drawOf(row: u32) -> f32 { return f32(mix(mix(row) ^ uniforms.key) >> 8) / 16777216; }`;

const anyCode = (lanes: number) => `
  ${foldCode(lanes)}
  var<workgroup> sums: array<f32, ${lanes}>;
  fn run(group: u32, lane: u32) {
    let start = group * uniforms.classes;
    var part = logits[start];
    for (var id = lane; id < uniforms.classes; id += ${lanes}) { part = max(part, logits[start + id]); }
    let largest = fold(lane, part, true);
    let stretch = (uniforms.classes + ${lanes - 1}) / ${lanes};
    var sum = 0.0;
    for (var id = lane * stretch; id < min((lane + 1) * stretch, uniforms.classes); id++) {
      sum += exponential((logits[start + id] - largest) / uniforms.temperature);
    }
    sums[lane] = sum;
    workgroupBarrier();
    if (lane > 0) { return; }
    var total = 0.0;
    for (var other = 0u; other < ${lanes}; other++) { total += sums[other]; }
    let aim = drawOf(group) * total;
    var reached = 0.0;
    var first = 0u;
    for (; first < ${lanes - 1} && reached + sums[first] <= aim; first++) { reached += sums[first]; }
    // A sum that rounding leaves short of the draw ends at the last id that can be drawn.
    var place = 0u;
    for (var id = first * stretch; id < uniforms.classes && reached <= aim; id++) {
      let mass = exponential((logits[start + id] - largest) / uniforms.temperature);
      reached += mass;
      if (mass > 0) { place = id; }
    }
    ids[group] = i32(place);
  }`;

const mostLikelyCode = (lanes: number) => `
  ${selectionCode(lanes)}
  var<workgroup> masses: array<f32, ${mostSelected}>;
  fn run(group: u32, lane: u32) {
    let start = group * uniforms.classes;
    selectLargest(lane, start, uniforms.classes, uniforms.k);
    let largest = logits[start + selected[0]];
    for (var rank = lane; rank < uniforms.k; rank += ${lanes}) {
      masses[rank] = exponential((logits[start + selected[rank]] - largest) / uniforms.temperature);
    }
    workgroupBarrier();
    if (lane > 0) { return; }
    var total = 0.0;
    for (var rank = 0u; rank < uniforms.k; rank++) { total += masses[rank]; }
    let enough = uniforms.topP * total;
    var mass = 0.0;
    for (var rank = 0u; rank < uniforms.k && mass < enough; rank++) { mass += masses[rank]; }
    let aim = drawOf(group) * mass;
    var reached = masses[0];
    var place = 0u;
    for (; place + 1 < uniforms.k && reached <= aim; place++) { reached += masses[place + 1]; }
    ids[group] = i32(selected[place]);
  }`;

function forward({inputs: {logits}, attrs: {seed, temperature, topK, topP}, backend}: Call): TensorInfo {
  const [batch, classes] = logits.shape as [number, number];
  const ids = output(backend, [batch], 'int32');
  const lanes = selectionLanes(classes);
  dispatch(backend, {
    key: `sampleCategorical/${lanes}/${topK > 0}`,
    code: () => activationCode() + drawCode + (topK === 0 ? anyCode(lanes) : mostLikelyCode(lanes)),
    ...{workgroupSize: lanes, workgroups: batch},
    inputs: {logits},
    outputs: {ids},
    integers: {classes, k: topK, size: selectedSize(Math.max(1, topK)), key: keyOf(seed) >>> 0},
    floats: {temperature, topP},
  });
  return ids;
}

/** A longer selection does not fit into a workgroup. */
function supports({topK}: KernelOptions): boolean {
  return (topK as number) <= mostSelected;
}

export const sampleCategoricalWebGPU = [
  {kernelName: 'SampleCategorical', backendName: 'webgpu', kernelFunc: forward, supports},
] as unknown as SelectiveKernel[];
