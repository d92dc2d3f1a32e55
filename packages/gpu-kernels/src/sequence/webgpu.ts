// What the recurrent kernels on WebGPU share. Rows of the batch do not depend on one another, so one dispatch goes through
// time: a workgroup takes up to 8 rows through all steps, with barriers between what depends on what.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {activationCode} from '../backends/webgpu-activation';
import {type Dispatch, dispatch, hasSubgroups, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {invocationsFor, rowsAtOnce} from '../matrix-product/webgpu';
import {sequenceSizes} from './sizes';

export interface RecurrentCall {
  inputs: Record<string, TensorInfo>;
  attrs?: {reverse?: boolean};
  backend: WebGPUBackend;
}

export type Pass = Pick<Dispatch, 'inputs' | 'outputs'> & {
  name: string;
  /** How many invocations have work side by side; H where it is left out. */
  units?: number;
  /** From the number of rows a workgroup takes, and whether there are subgroups, to the WGSL of `run`. */
  code: (rows: number, subgroups: boolean) => string;
};

/** Names the options that code depends on. */
export function optionsKey({inputs, attrs}: RecurrentCall): string {
  const {lengths, candidateMask} = inputs;
  return `${attrs?.reverse ? '/reverse' : ''}${lengths ? '/lengths' : ''}${candidateMask ? '/mask' : ''}`;
}

/** Records a pass through time. */
export function throughTime(call: RecurrentCall, {name, units, code, ...bound}: Pass): void {
  const {inputs, attrs, backend} = call;
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {lengths, candidateMask} = inputs;
  const subgroups = hasSubgroups(backend);
  const rows = rowsAtOnce(batch);
  const width = invocationsFor(
    units ?? hiddenSize,
    Math.min(256, backend.device.limits.maxComputeInvocationsPerWorkgroup),
  );
  const prelude = () => `
    const rows = ${rows}u;
    const width = ${width}u;
    /** The step that is computed at turn \`at\`, and how the one before it lies in time. */
    fn stepAt(at: u32) -> u32 { return ${attrs?.reverse ? 'uniforms.steps - 1 - at' : 'at'}; }
    fn isGoing(step: u32, row: u32) -> bool { return ${lengths ? 'i32(step) < lengths[row]' : 'true'}; }
    fn mask(index: u32) -> f32 { return ${candidateMask ? 'candidateMask[index]' : '1.0'}; }
    ${activationCode}`;
  dispatch(backend, {
    key: `${name}/${rows}x${width}${optionsKey(call)}`,
    code: () => prelude() + code(rows, subgroups),
    ...{subgroups, workgroupSize: width, workgroups: steps === 0 ? 0 : Math.ceil(batch / rows)},
    inputs: {...bound.inputs, ...(lengths && {lengths}), ...(candidateMask && {candidateMask})},
    outputs: bound.outputs,
    integers: {steps, batch, size: hiddenSize},
  });
}

/**
 * WGSL of `stateBefore(k, unit)`: the hidden state before the step that row `k` of `[T B, H]` belongs to. It reads
 * `hidden`, `outputs` and, where there are any, `lengths`.
 */
export function stateBefore({inputs: {lengths}, attrs}: RecurrentCall): string {
  if (!attrs?.reverse) {
    return `fn stateBefore(k: u32, unit: u32) -> f32 {
      return select(outputs[(k - uniforms.batch) * uniforms.size + unit], hidden[k * uniforms.size + unit],
        k < uniforms.batch);
    }`;
  }
  // Without lengths no division is needed to find the step.
  const [first, row] = lengths
    ? ['|| i32(k / uniforms.batch) + 1 >= lengths[k % uniforms.batch]', 'k % uniforms.batch']
    : ['', '(k - last)'];
  return `fn stateBefore(k: u32, unit: u32) -> f32 {
    let last = (uniforms.steps - 1) * uniforms.batch;
    return select(outputs[(k + uniforms.batch) * uniforms.size + unit], hidden[${row} * uniforms.size + unit],
      k >= last ${first});
  }`;
}
