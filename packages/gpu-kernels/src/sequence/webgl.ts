// What the recurrent kernels on tfjs-backend-webgl share: activations, steps side by side, and the padding behind short
// sequences.

import {engine, type NamedTensorInfoMap, type NamedTensorMap, type TensorInfo} from '@tensorflow/tfjs-core';
import {concatenatePlanes, isProcessor, run, type WebGLBackend} from '../backends/webgl-program';
import {product} from '../matrix-product/webgl';
import {clampedId, tableRow} from '../rows/webgl';
import type {RecurrentAttributes} from './attributes';
import {sequenceSizes} from './sizes';

export interface RecurrentCall {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: WebGLBackend;
}

/**
 * GLSL: the logistic function and tanh. On some drivers the built-in tanh overflows for large arguments, and `exp` does not
 * keep NaN.
 */
export const activations = `
  float sigmoid(float x) { return isnan(x) ? x : 1.0 / (1.0 + exp(-x)); }
  float squash(float x) {
    float e = exp(-2.0 * abs(x));
    return isnan(x) ? x : sign(x) * (1.0 - e) / (1.0 + e);
  }`;

/** GLSL: whether the sequence in a row has ended before `step`. Reads `lengths` where there are any. */
export function ended(lengths: TensorInfo | undefined): string {
  return `bool ended(int row, int step) { return ${lengths ? 'step >= int(lengthsAt(0, 0, row))' : 'false'}; }`;
}

/**
 * Whether a pass is faster by our kernels than by the reference. On a processor it is not where a step is a large product:
 * at T 20, B 32, I 256, H 256 the LSTM has 0.35 and 0.41 of its speed forward and with gradient, the GRU 0.39 and 0.42, and one step of
 * B 64, H 512 0.81 and 0.88.
 */
export function isFaster(inputs: NamedTensorMap): boolean {
  const {batch, hiddenSize} = sequenceSizes(inputs as unknown as NamedTensorInfoMap);
  const isLarge = batch * hiddenSize ** 2 >= 1_000_000;
  return !(isLarge && isProcessor(engine().backend as WebGLBackend));
}

/**
 * What the input adds to the gates of each step, the bias with it: of ids rows of the kernel, else one product for all
 * steps. `code` is GLSL of `vec4 inputBlock(int row, int column)` for the integer `step`, and reads `tensors`.
 */
export function inputOfSteps(
  backend: WebGLBackend,
  inputs: NamedTensorInfoMap,
): {tensors: Record<string, TensorInfo>; code: string; made: TensorInfo[]} {
  const {batch, inputSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, bias} = inputs as Record<'x' | 'kernel' | 'bias', TensorInfo>;
  if (!fromIds) {
    const fromInput = product(backend, x, kernel, {bias}); // [T, B, 4H] or [T, B, 3H]
    const code = 'vec4 inputBlock(int row, int column) { return getFromInput(step, row, column); }';
    return {tensors: {fromInput}, code, made: [fromInput]};
  }
  const code = `
    ${clampedId(inputSize)}
    ${tableRow}
    vec4 inputBlock(int row, int column) {
      vec2 first = tableRow(idAt(step, row), column);
      vec2 second = tableRow(idAt(step, min(row + 1, ${batch - 1})), column);
      return vec4(first, second) + getBias(0, 0, column).xyxy;
    }`;
  return {tensors: {ids: x, table: kernel, bias}, code, made: []};
}

/** Plane `plane` of a tensor, as a tensor of its own. */
export function planeOf(backend: WebGLBackend, tensor: TensorInfo, plane: number): TensorInfo {
  return concatenatePlanes(backend, [{tensor, from: plane, count: 1}], tensor.shape.slice(1));
}

/** Plane `plane` of each tensor, side by side. */
export function stack(backend: WebGLBackend, tensors: TensorInfo[], plane: number, shape: number[]): TensorInfo {
  const parts = tensors.map((tensor) => ({tensor, from: plane, count: 1}));
  return concatenatePlanes(backend, parts, shape);
}

/** The hidden states [T, B, H] with zeros behind the end of their sequence. */
export function clearPadding(backend: WebGLBackend, states: TensorInfo, lengths: TensorInfo): TensorInfo {
  return run(backend, {
    inputs: {states, lengths},
    shape: states.shape,
    code: `
      ${ended(lengths)}
      float value(int step, int row, int unit) { return ended(row, step) ? 0.0 : statesAt(step, row, unit); }`,
  });
}

/** The hidden state before each step [T, B, H]: the initial one, then the outputs of all steps but the last computed. */
export function statesBefore(
  backend: WebGLBackend,
  initial: TensorInfo,
  outputs: TensorInfo,
  reverse: boolean,
  lengths?: TensorInfo,
): TensorInfo {
  // Read backwards, a short sequence starts at its own last step.
  const first = reverse ? `step + 1 == ${outputs.shape[0]} || ended(row, step + 1)` : 'step == 0';
  return run(backend, {
    inputs: {initial, outputs, ...(lengths && {lengths})},
    shape: outputs.shape,
    code: `
      ${ended(lengths)}
      float value(int step, int row, int unit) {
        return ${first} ? initialAt(0, row, unit) : outputsAt(step ${reverse ? '+' : '-'} 1, row, unit);
      }`,
  });
}
