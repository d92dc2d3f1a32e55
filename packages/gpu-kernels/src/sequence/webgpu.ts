// What the recurrent kernels on WebGPU share. Rows of the batch do not depend on one another, so one dispatch goes through
// time: a workgroup takes some rows through all steps, with barriers between what depends on what.

import type {TensorInfo} from '@tensorflow/tfjs-core';
import {activationCode} from '../backends/webgpu-activation';
import {type Dispatch, dispatch, hasSubgroups, isProcessor, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {invocationsFor, rowsAtOnce, slicesFor, type Tile} from '../matrix-product/webgpu';
import type {RecurrentAttributes} from './attributes';
import {sequenceSizes} from './sizes';

export interface RecurrentCall {
  inputs: Record<string, TensorInfo>;
  attrs?: RecurrentAttributes;
  backend: WebGPUBackend;
}

export type Pass = Pick<Dispatch, 'inputs' | 'outputs'> & {
  name: string;
  /** 4 where the pass sees every float32 tensor as vec4<f32>: four units at a time, where H is a whole number of fours. */
  unitsAtOnce?: 1 | 4;
  /** How many invocations have work side by side; H where it is left out. */
  units?: number;
  /** The length of the sums of a step; H where it is left out. */
  depth?: number;
  /**
   * The WGSL of `run`. It finds the tile's `rows` and `width`, and `lanes`, the invocations of a workgroup, as constants.
   */
  code: (tile: Tile) => string;
};

/** Names the options that code depends on. */
export function optionsKey({inputs, attrs}: RecurrentCall): string {
  const {lengths, candidateMask} = inputs;
  return `${attrs?.reverse ? '/reverse' : ''}${lengths ? '/lengths' : ''}${candidateMask ? '/mask' : ''}`;
}

/**
 * How a step is divided. A processor has few cores, and weights that are loaded once serve many rows there. A graphics card has
 * dozens: it gets 64 workgroups, of a single row each in the usual batch, whose invocations share the sums. Up to 16 do, for
 * one of them then adds up their shares.
 */
function tileFor(backend: WebGPUBackend, batch: number, units: number, depth: number): Tile {
  const {maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: memory} = backend.device.limits;
  if (isProcessor(backend)) {
    const width = invocationsFor(units, Math.min(256, most));
    return {rows: rowsAtOnce(backend, batch), width, slices: 1, subgroups: hasSubgroups(backend)};
  }
  const width = invocationsFor(units, most);
  const limit = Math.min(16, most / width, memory / (16 * width)); // a share has at most four numbers of four bytes
  const slices = slicesFor(depth, {limit, shortest: 8});
  return {rows: rowsAtOnce(backend, Math.floor(batch / 64)), width, slices, subgroups: false};
}

/** Records a pass through time. */
export function throughTime(call: RecurrentCall, {name, code, unitsAtOnce = 1, ...bound}: Pass): void {
  const {inputs, attrs, backend} = call;
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {lengths, candidateMask} = inputs;
  const {units = hiddenSize, depth = hiddenSize} = bound;
  const tile = tileFor(backend, batch, units, depth);
  const {rows, width, slices, subgroups} = tile;
  const value = unitsAtOnce === 4 ? 'vec4<f32>' : 'f32';
  const prelude = () => `
    const rows = ${rows}u;
    const width = ${width}u;
    const lanes = ${width * slices}u;
    /** The step that is computed at turn \`at\`, and how the one before it lies in time. */
    fn stepAt(at: u32) -> u32 { return ${attrs?.reverse ? 'uniforms.steps - 1 - at' : 'at'}; }
    fn isGoing(step: u32, row: u32) -> bool { return ${lengths ? 'i32(step) < lengths[row]' : 'true'}; }
    alias Value = ${value};
    fn mask(index: u32) -> Value { return ${candidateMask ? 'candidateMask[index]' : 'Value(1)'}; }
    ${activationCode(unitsAtOnce)}`;
  dispatch(backend, {
    key: `${name}/${rows}x${width}x${slices}/${unitsAtOnce}${optionsKey(call)}`,
    code: () => prelude() + code(tile),
    ...{subgroups, workgroupSize: width * slices, workgroups: steps === 0 ? 0 : Math.ceil(batch / rows)},
    inputs: {...bound.inputs, ...(lengths && {lengths}), ...(candidateMask && {candidateMask})},
    outputs: bound.outputs,
    vectors: unitsAtOnce === 4 ? [...Object.keys(bound.inputs), ...Object.keys(bound.outputs), 'candidateMask'] : [],
    integers: {steps, batch, size: hiddenSize / unitsAtOnce},
  });
}

/**
 * WGSL of `stateBefore(k, unit)`: the hidden state before the step that row `k` of `[T B, H]` belongs to, of one unit or of
 * four where `hidden` and `outputs` are seen as vec4<f32>. It reads these and, where there are any, `lengths`.
 */
export function stateBefore({inputs: {lengths}, attrs}: RecurrentCall, unitsAtOnce: 1 | 4 = 1): string {
  const [value, part] = unitsAtOnce === 4 ? ['vec4<f32>', ' / 4'] : ['f32', ''];
  const head = `fn stateBefore(k: u32, unit: u32) -> ${value}`;
  const at = (tensor: string, row: string) => `${tensor}[((${row}) * uniforms.size + unit)${part}]`;
  if (!attrs?.reverse) {
    return `${head} {
      if (k < uniforms.batch) { return ${at('hidden', 'k')}; }
      return ${at('outputs', 'k - uniforms.batch')};
    }`;
  }
  // Without lengths no division is needed to find the step.
  const [first, row] = lengths
    ? ['|| i32(k / uniforms.batch) + 1 >= lengths[k % uniforms.batch]', 'k % uniforms.batch']
    : ['', 'k - last'];
  return `${head} {
    let last = (uniforms.steps - 1) * uniforms.batch;
    if (k >= last ${first}) { return ${at('hidden', row)}; }
    return ${at('outputs', 'k + uniforms.batch')};
  }`;
}
