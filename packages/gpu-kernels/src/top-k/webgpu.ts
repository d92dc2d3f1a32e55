// The k largest of each row on WebGPU, a workgroup a row, in one dispatch: a radix selection from the highest digit down,
// which counts how many values share what is known so far of the k-th largest, then a bitonic sort of the k in workgroup
// memory. Equal values are told apart by their ids, which are digits too, so that no two places are equal.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelOptions, SelectiveKernel} from '../backends/has-kernel';
import {activationCode} from '../backends/webgpu-activation';
import {dispatch, output, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {foldCode} from '../backends/webgpu-fold';

/** As many places as 16 KiB of workgroup memory, which every device has, sort beside what else is kept there. */
export const mostSelected = 1024;

/** How many places a selection of `k` sorts, the uniform `size` of its shader: a power of two. */
export function selectedSize(k: number): number {
  return 2 ** Math.ceil(Math.log2(k));
}

/** The invocations of a workgroup, for rows of so many classes. */
export function selectionLanes(classes: number): number {
  return classes <= 1024 ? 64 : 256;
}

/**
 * WGSL of `selectLargest(lane, start, classes, k)`, which leaves the ids of the `k` largest of `logits` from `start` on in
 * `selected`, the largest first, of equal ones the lower id first. All of the workgroup's `lanes` must call it.
 */
export const selectionCode = (lanes: number) => `
  // A place in the order: what its value counts as, then its id from the highest down.
  var<workgroup> order: array<u32, ${mostSelected}>;
  var<workgroup> selected: array<u32, ${mostSelected}>;
  var<workgroup> counts: array<atomic<u32>, 256>;
  var<workgroup> taken: atomic<u32>;
  var<workgroup> found: vec3<u32>;

  /* Orders as the numbers do; -0 is 0. */
  fn orderOf(value: f32) -> u32 {
    let bits = select(bitcast<u32>(value), 0, bitcast<u32>(value) == 0x80000000);
    return select(bits | 0x80000000, ~bits, bits >= 0x80000000);
  }
  fn comesBefore(one: u32, other: u32) -> bool {
    return order[one] > order[other] || (order[one] == order[other] && selected[one] < selected[other]);
  }
  fn selectLargest(lane: u32, start: u32, classes: u32, k: u32) {
    // What is known of the last that is taken, and how many of those that share it are.
    var known = vec2<u32>(0);
    var mask = vec2<u32>(0);
    var wanted = k;
    for (var round = 0u; round < 8; round++) {
      for (var at = lane; at < 256; at += ${lanes}) { atomicStore(&counts[at], 0); }
      workgroupBarrier();
      let shift = 24 - 8 * (round % 4);
      for (var id = lane; id < classes; id += ${lanes}) {
        let place = vec2<u32>(orderOf(logits[start + id]), ~id);
        if (any((place & mask) != known)) { continue; }
        atomicAdd(&counts[(select(place.y, place.x, round < 4) >> shift) & 255], 1);
      }
      workgroupBarrier();
      if (lane == 0) {
        var digit = 255u;
        var left = wanted;
        for (; digit > 0 && atomicLoad(&counts[digit]) < left; digit--) { left -= atomicLoad(&counts[digit]); }
        found = vec3<u32>(digit, left, atomicLoad(&counts[digit]));
      }
      let next = workgroupUniformLoad(&found);
      let side = vec2<u32>(u32(round < 4), u32(round >= 4));
      known |= side * (next.x << shift);
      mask |= side * (255u << shift);
      wanted = next.y;
      if (next.z == wanted) { break; } // all that share this much
    }

    for (var at = lane; at < uniforms.size; at += ${lanes}) {
      order[at] = 0;
      selected[at] = 0xffffffff;
    }
    if (lane == 0) { atomicStore(&taken, 0); }
    workgroupBarrier();
    for (var id = lane; id < classes; id += ${lanes}) {
      let value = orderOf(logits[start + id]);
      let place = vec2<u32>(value, ~id) & mask;
      if (place.x > known.x || (place.x == known.x && place.y >= known.y)) {
        let at = atomicAdd(&taken, 1);
        order[at] = value;
        selected[at] = id;
      }
    }
    workgroupBarrier();
    for (var span = 2u; span <= uniforms.size; span *= 2) {
      for (var step = span / 2; step > 0; step /= 2) {
        for (var pair = lane; pair < uniforms.size / 2; pair += ${lanes}) {
          let one = 2 * pair - (pair & (step - 1));
          let other = one + step;
          if (comesBefore(other, one) == ((one & span) == 0)) {
            let moved = vec2<u32>(order[one], selected[one]);
            order[one] = order[other];
            selected[one] = selected[other];
            order[other] = moved.x;
            selected[other] = moved.y;
          }
        }
        workgroupBarrier();
      }
    }
  }`;

interface Call {
  inputs: {logits: TensorInfo; scores?: TensorInfo};
  attrs: {k: number; logProbabilities: boolean};
  backend: WebGPUBackend;
}

function forward({inputs: {logits, scores}, attrs: {k, logProbabilities}, backend}: Call): TensorInfo[] {
  const [batch, classes] = logits.shape as [number, number];
  const values = output(backend, [batch, k]);
  const ids = output(backend, [batch, k], 'int32');
  const lanes = selectionLanes(classes);
  dispatch(backend, {
    key: `topK/${lanes}/${logProbabilities}/${Boolean(scores)}`,
    code: () => `
      ${selectionCode(lanes)}
      ${logProbabilities ? activationCode() + foldCode(lanes) : ''}
      fn run(group: u32, lane: u32) {
        let start = group * uniforms.classes;
        selectLargest(lane, start, uniforms.classes, uniforms.k);
        ${
          logProbabilities
            ? `let largest = logits[start + selected[0]];
               var part = 0.0;
               for (var id = lane; id < uniforms.classes; id += ${lanes}) {
                 part += exponential(logits[start + id] - largest);
               }
               let logSum = log(fold(lane, part, false));`
            : ''
        }
        for (var rank = lane; rank < uniforms.k; rank += ${lanes}) {
          let id = selected[rank];
          let value = logits[start + id]${logProbabilities ? ' - largest - logSum' : ''};
          values[group * uniforms.k + rank] = value${scores ? ' + scores[group]' : ''};
          ids[group * uniforms.k + rank] = i32(id);
        }
      }`,
    ...{workgroupSize: lanes, workgroups: batch},
    inputs: {logits, ...(scores && {scores})},
    outputs: {values, ids},
    integers: {classes, k, size: selectedSize(k)},
  });
  return [values, ids];
}

/** A longer selection does not fit into a workgroup. */
function supports({k}: KernelOptions): boolean {
  return (k as number) <= mostSelected;
}

export const topKWebGPU = [
  {kernelName: 'TopKDecoding', backendName: 'webgpu', kernelFunc: forward, supports},
] as unknown as SelectiveKernel[];
