// Optimizer steps on WebGPU, in place, of whole parameters or rows of them. The norm stays on the GPU: workgroups square
// and sum their parts of each gradient, the last one to be dispatched adds these up, and the updates read from it whether
// and how far to scale.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; ids: (TensorInfo | undefined)[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: WebGPUBackend;
}

/** Adds up, in each of 256 lanes `partial`, then over the lanes of a workgroup; the first lane has the sum. */
const sumOverLanes = `
  var<workgroup> partials: array<f32, 256>;
  fn sumOverLanes(lane: u32, partial: f32) -> f32 {
    partials[lane] = partial;
    for (var half = 128u; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half) { partials[lane] += partials[lane + half]; }
    }
    return partials[0];
  }`;

/** The square root of the sum of all squares, a scalar. */
function globalNorm(backend: WebGPUBackend, gradients: TensorInfo[]): TensorInfo {
  // A workgroup sums 256 squares in each lane at most, so that rounding grows with the depth of the tree, not the size.
  const groups = gradients.map((gradient) => Math.ceil(sizeOf(gradient) / 65_536));
  const count = groups.reduce((sum, each) => sum + each, 0);
  const squares = output(backend, [count]);
  let first = 0;
  gradients.forEach((values, index) => {
    dispatch(backend, {
      key: 'sumOfSquares',
      code: () => `${sumOverLanes}
      fn run(group: u32, lane: u32) {
        var partial = 0.0;
        let end = min(uniforms.size, (group + 1) * 65536);
        for (var at = group * 65536 + lane; at < end; at += 256) { partial += values[at] * values[at]; }
        let sum = sumOverLanes(lane, partial);
        if (lane == 0) { squares[uniforms.first + group] = sum; }
      }`,
      ...{workgroupSize: 256, workgroups: groups[index]!, inputs: {values}, outputs: {squares}},
      integers: {size: sizeOf(values), first},
    });
    first += groups[index]!;
  });
  const norm = output(backend, []);
  dispatch(backend, {
    key: 'globalNorm',
    code: () => `${sumOverLanes}
    fn run(group: u32, lane: u32) {
      var partial = 0.0;
      for (var at = lane; at < uniforms.count; at += 256) { partial += squares[at]; }
      let sum = sumOverLanes(lane, partial);
      if (lane == 0) { norm[0] = sqrt(sum); }
    }`,
    ...{workgroupSize: 256, workgroups: 1, inputs: {squares}, outputs: {norm}, integers: {count}},
  });
  backend.disposeData(squares.dataId);
  return norm;
}

/** WGSL that updates `p[at]`, `s0[at]` and `s1[at]` by the gradient g, and the numbers it names, worked out in float64. */
function updateOf(rule: UpdateRule): {code: string; floats: Record<string, number>} {
  const rate = rule.learningRate;
  switch (rule.kind) {
    case 'sgd':
      return {code: 'p[at] -= uniforms.rate * g;', floats: {rate}};
    case 'momentum':
      return {
        code: 's0[at] = uniforms.decay * s0[at] + g; p[at] -= uniforms.rate * s0[at];',
        floats: {rate, decay: rule.decay},
      };
    case 'adagrad':
      return {
        code: 's0[at] += g * g; p[at] -= uniforms.rate * g / (sqrt(s0[at]) + uniforms.epsilon);',
        floats: {rate, epsilon: rule.epsilon},
      };
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      return {
        code: `
          s0[at] = uniforms.beta1 * s0[at] + uniforms.rest1 * g;
          s1[at] = uniforms.beta2 * s1[at] + uniforms.rest2 * g * g;
          p[at] -= uniforms.rate * s0[at] / (sqrt(s1[at] * uniforms.correction) + uniforms.epsilon);`,
        floats: {
          ...{rate: rate / (1 - beta1 ** step), beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon},
          correction: 1 / (1 - beta2 ** step),
        },
      };
    }
  }
}

function optimizerStep({inputs, attrs: {rule, clipNorm}, backend}: Call): TensorInfo {
  const {parameters, gradients, ids, slots} = inputs;
  const norm = globalNorm(backend, gradients);
  const {code, floats} = updateOf(rule);
  parameters.forEach((p, index) => {
    const states = slots.filter((_, slot) => slot % parameters.length === index);
    const gradient = gradients[index]!;
    const rows = ids[index];
    const size = sizeOf(gradient);
    const height = p.shape[0] ?? 1;
    const place = `
      let id = ids[index / uniforms.width];
      if (id < 0 || id >= i32(uniforms.height)) { return; }
      let at = u32(id) * uniforms.width + index % uniforms.width;`;
    dispatch(backend, {
      key: `optimizerStep/${rule.kind}/${rows ? 'rows' : 'dense'}`,
      // A shader may take it that no number is NaN or infinite, so the bits of the exponent are looked at.
      code: () => `fn run(group: u32, lane: u32) {
        let index = group * 64 + lane;
        if (index >= uniforms.size || (bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
        ${rows ? place : 'let at = index;'}
        let scale = select(1.0, uniforms.clipNorm / norm[0], uniforms.clipNorm > 0 && norm[0] > uniforms.clipNorm);
        let g = scale * gradient[index];
        ${code}
      }`,
      ...{workgroupSize: 64, workgroups: Math.ceil(size / 64)},
      inputs: {norm, gradient, ...(rows && {ids: rows})},
      outputs: {p, ...Object.fromEntries(states.map((state, slot) => [`s${slot}`, state]))},
      integers: {size, height, width: sizeOf(p) / Math.max(height, 1)},
      floats: {clipNorm: clipNorm ?? 0, ...floats},
    });
  });
  return norm;
}

export const optimizerStepWebGPU = [
  {kernelName: 'OptimizerStep', backendName: 'webgpu', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
