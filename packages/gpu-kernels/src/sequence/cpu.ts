// What the recurrent kernels in plain JavaScript share: options, the part of the gates that comes from the inputs, the order
// of time, and the padding of short sequences.

import type {NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers} from '../backends/cpu-memory';
import {addProduct, rowMajor, transposed} from '../matrix-product/cpu';
import {addColumnSums, addRowsAt, addRowsFrom, expectIds, fillRows} from '../rows/cpu';
import type {RecurrentAttributes} from './attributes';

export interface RecurrentCall {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: CPUBackend;
}

/** The options that both passes of a recurrent kernel take; `masks` has one view [B, H] a step. */
export function sequenceOptions({inputs, attrs, backend}: RecurrentCall, steps: number) {
  const {lengths, candidateMask} = inputs;
  return {
    reverse: attrs?.reverse ?? false,
    lengths: lengths && integers(backend, lengths),
    masks: candidateMask && perStep(floats(backend, candidateMask), steps),
  };
}

/** x W + b of all steps `[T, B, W]`, for vectors x `[T, B, I]` or ids `[T, B]`. */
export function fromInputs(
  backend: CPUBackend,
  operation: string,
  {x, kernel, bias}: Record<'x' | 'kernel' | 'bias', TensorInfo>,
): Float32Array {
  const [steps, batch] = x.shape as [number, number];
  const [inputSize, width] = kernel.shape as [number, number];
  const weights = floats(backend, kernel);
  const sums = new Float32Array(steps * batch * width);
  fillRows(steps * batch, floats(backend, bias), sums);
  if (x.dtype === 'int32') {
    expectIds(`${operation}: x`, integers(backend, x), inputSize);
    addRowsFrom(weights, integers(backend, x), width, sums);
  } else {
    const vectors = rowMajor(floats(backend, x), inputSize);
    addProduct(steps * batch, width, inputSize, vectors, rowMajor(weights, width), sums);
  }
  return sums;
}

/** The gradients of W, of b and, where x is vectors and not constant, of x, from that of `fromInputs`. */
export function inputGradients(
  backend: CPUBackend,
  {x, kernel}: Record<'x' | 'kernel', TensorInfo>,
  gradient: Float32Array,
  constantInput = false,
): {kernel: Float32Array; bias: Float32Array; x?: Float32Array} {
  const [inputSize, width] = kernel.shape as [number, number];
  const rows = x.shape[0]! * x.shape[1]!;
  const results = {kernel: new Float32Array(inputSize * width), bias: new Float32Array(width)};
  addColumnSums(rows, gradient, results.bias);
  if (x.dtype === 'int32') {
    addRowsAt(gradient, integers(backend, x), width, results.kernel);
    return results;
  }
  const all = rowMajor(gradient, width);
  addProduct(inputSize, width, rows, transposed(floats(backend, x), inputSize), all, results.kernel);
  if (constantInput) return results;
  const xGradient = new Float32Array(rows * inputSize);
  addProduct(rows, inputSize, width, all, transposed(floats(backend, kernel), width), xGradient);
  return {...results, x: xGradient};
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The steps in the order in which they are computed. */
export function stepsInOrder(steps: number, reverse: boolean): number[] {
  const order = Array.from({length: steps}, (_, step) => step);
  return reverse ? order.reverse() : order;
}

/** Splits an array of all steps into one view a step. */
export function perStep(values: Float32Array, steps: number): Float32Array[] {
  const size = values.length / Math.max(steps, 1);
  return Array.from({length: steps}, (_, step) => values.subarray(step * size, (step + 1) * size));
}

/** In the rows whose sequence has ended before `step`, the state [B, H] stays what it was. */
export function keepState(step: number, lengths: Int32Array, before: Float32Array, state: Float32Array): void {
  const size = state.length / lengths.length;
  lengths.forEach((length, row) => {
    if (step >= length) state.set(before.subarray(row * size, (row + 1) * size), row * size);
  });
}

/** Outputs [T, B, H] behind the end of their sequence become zeros. */
export function clearPadding(steps: number, lengths: Int32Array, outputs: Float32Array): void {
  perStep(outputs, steps).forEach((values, step) => {
    const size = values.length / lengths.length;
    lengths.forEach((length, row) => {
      if (step >= length) values.fill(0, row * size, (row + 1) * size);
    });
  });
}

/** The hidden state before each step [T, B, H]: the initial one, then the outputs of all steps but the last computed. */
export function statesBefore(
  steps: number,
  initial: Float32Array,
  outputs: Float32Array,
  reverse: boolean,
  lengths?: Int32Array,
): Float32Array {
  const before = new Float32Array(outputs.length);
  if (steps === 0) return before;
  const last = outputs.length - initial.length;
  before.set(reverse ? outputs.subarray(initial.length) : outputs.subarray(0, last), reverse ? 0 : initial.length);
  before.set(initial, reverse ? last : 0);
  if (!reverse || !lengths) return before;
  // Read backwards, a short sequence starts at its own last step.
  const size = initial.length / lengths.length;
  lengths.forEach((length, row) => {
    if (length <= 0 || length >= steps) return;
    before.set(initial.subarray(row * size, (row + 1) * size), (length - 1) * initial.length + row * size);
  });
  return before;
}
