// Optimizer steps on tfjs-backend-webgl: the norm of all gradients, which stays on the GPU, then one program for each
// parameter and each part of its state. A program cannot write what it reads, so each makes a new texture, which then
// takes the old one's place. Of a gradient that is some rows, the whole table passes through the program too, because
// WebGL has no other way to keep what it does not change; rows without a gradient are copied.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {concatenatePlanes, reader, release, replaceValues, run, type WebGLBackend} from '../backends/webgl-program';
import {placesOf} from '../rows/webgl';
import {sumOf} from '../sum/webgl';
import {keptPart} from './kept-part';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; ids: (TensorInfo | undefined)[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: WebGLBackend;
}

function globalNorm(backend: WebGLBackend, gradients: TensorInfo[]): TensorInfo {
  if (gradients.length === 0) return backend.makeTensorInfo([], 'float32', Float32Array.of(0));
  const squares = gradients.map((gradient) => sumOf(backend, gradient, 'x * x'));
  const parts = squares.map((tensor) => ({tensor, from: 0, count: 1}));
  const all = concatenatePlanes(backend, parts, [squares.length, 1, 1]);
  const norm = run(backend, {
    inputs: {all},
    shape: [],
    code: `float value(int plane, int row, int column) {
      float sum = 0.0;
      for (int index = 0; index < ${squares.length}; index++) sum += allAt(index, 0, 0);
      return sqrt(sum);
    }`,
  });
  release(backend, all, ...squares);
  return norm;
}

/** GLSL of each part of the state after the step, and of the parameter: of g, of the states s0 and s1, of p. */
const expressions: Record<UpdateRule['kind'], {state: string[]; parameter: string}> = {
  sgd: {state: [], parameter: 'p - rate * g'},
  momentum: {state: ['decay * s0 + g'], parameter: 'p - rate * s0'},
  adagrad: {state: ['s0 + g * g'], parameter: 'p - rate * g / (sqrt(s0) + epsilon)'},
  adam: {
    state: ['beta1 * s0 + newShare1 * g', 'beta2 * s1 + newShare2 * g * g'],
    parameter: 'kept * p - rate * correction1 * s0 / (sqrt(s1 * correction2) + epsilon)',
  },
};

/** The numbers those expressions name, worked out in float64. */
function constants({learningRate, ...rule}: UpdateRule): Record<string, number> {
  switch (rule.kind) {
    case 'sgd':
      return {rate: learningRate};
    case 'momentum':
      return {rate: learningRate, decay: rule.decay};
    case 'adagrad':
      return {rate: learningRate, epsilon: rule.epsilon};
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      return {
        ...{rate: learningRate, beta1, beta2, epsilon, newShare1: 1 - beta1, newShare2: 1 - beta2},
        ...{correction1: 1 / (1 - beta1 ** step), correction2: 1 / (1 - beta2 ** step)},
      };
    }
  }
}

/** GLSL: `row` of the table that (plane, row, column) lies in, and where `gradientAt` reads the value for it. */
function rowOfTable(shape: number[]): {row: string; gradient: string} {
  if (shape.length === 1) return {row: 'column', gradient: '0, 0, place'};
  if (shape.length === 2) return {row: 'row', gradient: '0, place, column'};
  const planesInRow = shape.slice(1, -2).reduce((product, size) => product * size, 1);
  return {row: `plane / ${planesInRow}`, gradient: `place * ${planesInRow} + plane % ${planesInRow}, row, column`};
}

function optimizerStep({inputs, attrs: {rule, clipNorm = 0}, backend}: Call): TensorInfo {
  const {parameters, gradients, ids, slots} = inputs;
  const norm = globalNorm(backend, gradients);
  const floats = {...constants(rule), clipNorm};
  const {state: stateExpressions, parameter: parameterExpression} = expressions[rule.kind];

  parameters.forEach((parameter, index) => {
    const gradient = gradients[index]!;
    if (gradient.shape.includes(0)) return;
    const places = ids[index] && placesOf(backend, ids[index], parameter.shape[0]!);
    /** The values of `old` after the step, where p, s0 and s1 stand for those of `given`. */
    const updated = (old: TensorInfo, given: Record<string, TensorInfo>, expression: string): TensorInfo => {
      const type = places ? 'float' : 'vec4';
      const at = '(plane, row, column)';
      const read = (name: string) => (places ? `${name}At${at}` : `${reader(name)}${at}`);
      const table = rowOfTable(parameter.shape);
      return run(backend, {
        inputs: {norm, old, gradient, ...given, ...(places && {places})},
        shape: old.shape,
        floats: {...floats, kept: keptPart(rule, parameter)},
        code: `
          ${type} ${places ? 'value' : 'block'}(int plane, int row, int column) {
            ${type} old = ${read('old')};
            float norm = normAt(0, 0, 0);
            // Neither NaN nor infinite; comparisons with NaN are not reliable everywhere.
            if ((floatBitsToUint(norm) & 0x7f800000u) == 0x7f800000u) return old;
            ${places ? `int place = int(placesAt(0, 0, ${table.row})); if (place < 0) return old;` : ''}
            float scale = clipNorm > 0.0 && norm > clipNorm ? clipNorm / norm : 1.0;
            ${type} g = scale * ${places ? `gradientAt(${table.gradient})` : read('gradient')};
            ${Object.keys(given)
              .map((name) => `${type} ${name} = ${read(name)};`)
              .join('\n')}
            return ${expression};
          }`,
      });
    };
    const state = slots.filter((_, slot) => slot % parameters.length === index);
    const newState = state.map((old, slot) => updated(old, {[`s${slot}`]: old}, stateExpressions[slot]!));
    const given = Object.fromEntries(newState.map((values, slot) => [`s${slot}`, values]));
    replaceValues(backend, parameter, updated(parameter, {...given, p: parameter}, parameterExpression));
    newState.forEach((values, slot) => {
      replaceValues(backend, state[slot]!, values);
    });
    if (places) release(backend, places);
  });
  return norm;
}

export const optimizerStepWebGL = [
  {kernelName: 'OptimizerStep', backendName: 'webgl', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
