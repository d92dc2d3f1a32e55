// Optimizer steps on WebGPU, in place, of whole parameters or rows of them. The norm stays on the GPU: workgroups square
// and sum their parts of each gradient, one more adds these up, and the updates read from it whether and how far to scale.
// A dispatch takes as many tensors as a shader may bind, each in workgroups of its own.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {dispatch, output, sizeOf, tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {keptPart} from './kept-part';
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
  const parts = gradients.map((gradient) => Math.ceil(sizeOf(gradient) / 65_536));
  const squares = output(backend, [sum(parts)]);
  for (const [first, end] of runsOf(gradients.length, tensorLimit(backend) - 1)) {
    const values = gradients.slice(first, end);
    const places = placesOf(parts.slice(first, end));
    dispatch(backend, {
      key: `sumOfSquares/${values.length}`,
      code: () => `${sumOverLanes}
      fn run(group: u32, lane: u32) {
        var partial = 0.0;
        ${values.map((_, of) => inPlace(of, sumPart(of))).join('')}
        let sum = sumOverLanes(lane, partial);
        if (lane == 0) { squares[uniforms.first + group] = sum; }
      }`,
      ...{workgroupSize: 256, workgroups: sum(parts.slice(first, end)), outputs: {squares}},
      inputs: numbered('values', values),
      integers: {first: sum(parts.slice(0, first)), ...places, ...numbered('size', values.map(sizeOf))},
    });
  }
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
    ...{workgroupSize: 256, workgroups: 1, inputs: {squares}, outputs: {norm}, integers: {count: sum(parts)}},
  });
  backend.disposeData(squares.dataId);
  return norm;
}

const sumPart = (of: number) => `
  let start = (group - uniforms.start${of}) * 65536;
  for (var at = start + lane; at < min(uniforms.size${of}, start + 65536); at += 256) {
    partial += values${of}[at] * values${of}[at];
  }`;

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** [0, length) in runs of at most `size`. */
function runsOf(length: number, size: number): [first: number, end: number][] {
  return Array.from({length: Math.ceil(length / size)}, (_, run) => [run * size, Math.min(length, (run + 1) * size)]);
}

/** `{name0: values[0], name1: values[1], ...}`. */
function numbered<Value>(name: string, values: Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, of) => [`${name}${of}`, value]));
}

/** Gives each of several tensors workgroups of its own in one dispatch: uniforms `start0` to `end0` and so on. */
function placesOf(workgroups: number[]): Record<string, number> {
  const ends = workgroups.map((_, of) => sum(workgroups.slice(0, of + 1)));
  return {...numbered('start', [0, ...ends].slice(0, -1)), ...numbered('end', ends)};
}

/** WGSL that the workgroups of one of the tensors run. */
function inPlace(of: number, code: string): string {
  return `if (group >= uniforms.start${of} && group < uniforms.end${of}) {${code}}`;
}

/** WGSL that updates p, s0 and s1 by the gradient g, and the numbers it names, worked out in float64. */
function updateOf(rule: UpdateRule): {code: string; floats: Record<string, number>} {
  const rate = rule.learningRate;
  switch (rule.kind) {
    case 'sgd':
      return {code: 'p -= uniforms.rate * g;', floats: {rate}};
    case 'momentum':
      return {
        code: 's0 = uniforms.decay * s0 + g; p -= uniforms.rate * s0;',
        floats: {rate, decay: rule.decay},
      };
    case 'adagrad':
      return {
        code: 's0 += g * g; p -= uniforms.rate * g / (sqrt(s0) + uniforms.epsilon);',
        floats: {rate, epsilon: rule.epsilon},
      };
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      return {
        code: `
          s0 = uniforms.beta1 * s0 + uniforms.rest1 * g;
          s1 = uniforms.beta2 * s1 + uniforms.rest2 * g * g;
          p -= uniforms.rate * s0 / (sqrt(s1 * uniforms.correction) + uniforms.epsilon);`,
        floats: {
          ...{rate: rate / (1 - beta1 ** step), beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon},
          correction: 1 / (1 - beta2 ** step),
        },
      };
    }
  }
}

/** A parameter and all that its update takes. */
interface Update {
  parameter: TensorInfo;
  gradient: TensorInfo;
  ids?: TensorInfo;
  states: TensorInfo[];
}

/** Parts the updates so that each part binds as many tensors as a shader may, the norm among them, and none twice. */
function partsOf(updates: Update[], limit: number): Update[][] {
  const parts: Update[][] = [];
  let bound = Number.POSITIVE_INFINITY;
  let written = new Set<object>();
  for (const update of updates) {
    const changed = [update.parameter, ...update.states].map(({dataId}) => dataId);
    const count = changed.length + (update.ids ? 2 : 1);
    if (bound + count > limit || changed.some((dataId) => written.has(dataId))) {
      parts.push([]);
      bound = 1;
      written = new Set();
    }
    parts.at(-1)!.push(update);
    bound += count;
    for (const dataId of changed) written.add(dataId);
  }
  return parts;
}

/** WGSL of one parameter's update in a part. */
function updateCode(code: string, {ids, states}: Update, of: number): string {
  const row = `
    let id = ids${of}[index / uniforms.width${of}];
    if (id < 0 || id >= i32(uniforms.height${of})) { return; }
    let at = u32(id) * uniforms.width${of} + index % uniforms.width${of};`;
  const name = (state: number) => `state${of}_${state}[at]`;
  return `
    let index = (group - uniforms.start${of}) * 64 + lane;
    if (index >= uniforms.size${of}) { return; }
    ${ids ? row : 'let at = index;'}
    let g = scale * gradient${of}[index];
    var p = uniforms.kept${of} * parameter${of}[at];
    ${states.map((_, state) => `var s${state} = ${name(state)};`).join('\n')}
    ${code}
    ${states.map((_, state) => `${name(state)} = s${state};`).join('\n')}
    parameter${of}[at] = p;`;
}

function optimizerStep({inputs, attrs: {rule, clipNorm}, backend}: Call): TensorInfo {
  const {parameters, gradients, ids, slots} = inputs;
  const norm = globalNorm(backend, gradients);
  const {code, floats} = updateOf(rule);
  const updates = parameters.map((parameter, index) => ({
    ...{parameter, gradient: gradients[index]!, ids: ids[index]},
    states: slots.filter((_, slot) => slot % parameters.length === index),
  }));
  for (const part of partsOf(updates, tensorLimit(backend))) {
    const sizes = part.map(({gradient}) => sizeOf(gradient));
    const heights = part.map(({parameter}) => Math.max(parameter.shape[0] ?? 1, 1));
    const workgroups = sizes.map((size) => Math.ceil(size / 64));
    const rows = part.flatMap(({ids}, of) => (ids ? [[`ids${of}`, ids] as const] : []));
    const states = part.flatMap(({states}, of) => states.map((state, slot) => [`state${of}_${slot}`, state] as const));
    dispatch(backend, {
      key: `optimizerStep/${rule.kind}/${part.map(({ids}) => (ids ? 'rows' : 'dense')).join('/')}`,
      // A shader may take it that no number is NaN or infinite, so the bits of the exponent are looked at.
      code: () => `fn run(group: u32, lane: u32) {
        if ((bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
        let scale = select(1.0, uniforms.clipNorm / norm[0], uniforms.clipNorm > 0 && norm[0] > uniforms.clipNorm);
        ${part.map((update, of) => inPlace(of, updateCode(code, update, of))).join('')}
      }`,
      ...{workgroupSize: 64, workgroups: sum(workgroups)},
      inputs: {
        ...{norm, ...Object.fromEntries(rows)},
        ...numbered(
          'gradient',
          part.map(({gradient}) => gradient),
        ),
      },
      outputs: {
        ...numbered(
          'parameter',
          part.map(({parameter}) => parameter),
        ),
        ...Object.fromEntries(states),
      },
      integers: {
        ...{...placesOf(workgroups), ...numbered('size', sizes), ...numbered('height', heights)},
        ...numbered(
          'width',
          part.map(({parameter}, of) => sizeOf(parameter) / heights[of]!),
        ),
      },
      floats: {
        ...{clipNorm: clipNorm ?? 0, ...floats},
        ...numbered(
          'kept',
          part.map(({parameter}) => keptPart(rule, parameter)),
        ),
      },
    });
  }
  return norm;
}

export const optimizerStepWebGPU = [
  {kernelName: 'OptimizerStep', backendName: 'webgpu', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
