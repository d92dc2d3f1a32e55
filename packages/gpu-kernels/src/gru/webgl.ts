// The GRU on tfjs-backend-webgl, where a program writes one texture. Three programs a step forward: the gates z and r;
// the candidate, which needs r first, laid beside them; the new state. Four a step backward: the gradients of z and c;
// that of the state behind r; those of all gates side by side; that of the state before. What concerns the weights is one
// product for all steps.
import type {NamedTensorMap, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {release, run} from '../backends/webgl-program';
import {addBlock, columnSums, product, transposedProduct} from '../matrix-product/webgl';
import {sumRowsAt} from '../rows/webgl';
import {stepsInOrder} from '../sequence/cpu';
import {sequenceSizes} from '../sequence/sizes';
import {
  activations,
  clearPadding,
  ended,
  inputOfSteps,
  isFaster,
  planeOf,
  type RecurrentCall,
  stack,
  statesBefore,
} from '../sequence/webgl';

function forward({inputs, attrs, backend}: RecurrentCall): TensorInfo[] {
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {recurrentKernel, hidden} = inputs as Record<string, TensorInfo>;
  const {lengths, candidateMask} = inputs;
  const fromInput = inputOfSteps(backend, inputs);
  const firstCode = `
    ${activations}
    ${fromInput.code}
    vec4 block(int plane, int row, int column) {
      vec4 sum = inputBlock(row, column);
      ${addBlock({left: 'getState(0, row, k)', right: 'getRecurrentKernel(0, k, column)', length: hiddenSize})}
      return vec4(sigmoid(sum.x), sigmoid(sum.y), sigmoid(sum.z), sigmoid(sum.w));
    }`;
  const gatesCode = `
    ${activations}
    ${fromInput.code}
    vec4 block(int plane, int row, int column) {
      if (column < ${2 * hiddenSize}) return getFirst(0, row, column);
      vec4 sum = inputBlock(row, column);
      ${addBlock({
        left: `getState(0, row, k) * firstFrom(0, row, k + ${hiddenSize})`,
        right: 'getRecurrentKernel(0, k, column)',
        length: hiddenSize,
      })}
      return vec4(squash(sum.x), squash(sum.y), squash(sum.z), squash(sum.w));
    }`;
  const stateCode = `
    ${ended(lengths)}
    float value(int plane, int row, int unit) {
      float before = stateAt(0, row, unit);
      if (ended(row, step)) return before;
      float z = gatesAt(0, row, unit);
      float c = gatesAt(0, row, unit + ${2 * hiddenSize})${candidateMask ? ' * candidateMaskAt(step, row, unit)' : ''};
      return z * before + (1.0 - z) * c;
    }`;

  let state = hidden!;
  const made: TensorInfo[] = [];
  const [gates, states]: [TensorInfo[], TensorInfo[]] = [[], []];
  for (const step of stepsInOrder(steps, attrs?.reverse ?? false)) {
    const common = {...fromInput.tensors, recurrentKernel: recurrentKernel!, state};
    const integers = {step};
    const first = run(backend, {inputs: common, shape: [1, batch, 2 * hiddenSize], integers, code: firstCode});
    const all = run(backend, {
      inputs: {...common, first},
      shape: [1, batch, 3 * hiddenSize],
      integers,
      code: gatesCode,
    });
    state = run(backend, {
      inputs: {gates: all, state, ...(lengths && {lengths}), ...(candidateMask && {candidateMask})},
      shape: [1, batch, hiddenSize],
      integers,
      code: stateCode,
    });
    gates[step] = all;
    states[step] = state;
    made.push(first, all, state);
  }
  const hiddenStates = stack(backend, states, 0, [steps, batch, hiddenSize]);
  const results = [
    lengths ? clearPadding(backend, hiddenStates, lengths) : hiddenStates,
    planeOf(backend, {...state, shape: [1, batch, hiddenSize]}, 0),
    stack(backend, gates, 0, [steps, batch, 3 * hiddenSize]),
  ];
  release(backend, ...made, ...fromInput.made, ...(lengths ? [hiddenStates] : []));
  return results;
}

function backward({inputs, attrs, backend}: RecurrentCall): TensorInfo[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, hidden, outputs, gates} = inputs as Record<string, TensorInfo>;
  const {outputsGradient, hiddenGradient} = inputs as Record<string, TensorInfo>;
  const {lengths, candidateMask} = inputs;
  const reverse = attrs?.reverse ?? false;
  const before = statesBefore(backend, hidden!, outputs!, reverse, lengths); // [T, B, H]
  const state = [batch, hiddenSize];

  // The gradient of the hidden state travels back as `carry`.
  const hiddenSlope = `
    ${ended(lengths)}
    float hiddenSlope(int row, int unit) { return outputsGradientAt(step, row, unit) + carryAt(0, row, unit); }`;
  // The gradients of the pre-activations of z and c are the two planes of `outer`.
  const outerCode = `
    ${hiddenSlope}
    float value(int plane, int row, int unit) {
      if (ended(row, step)) return 0.0;
      float z = gatesAt(step, row, unit);
      float c = gatesAt(step, row, unit + ${2 * hiddenSize});
      float factor = ${candidateMask ? 'candidateMaskAt(step, row, unit)' : '1.0'};
      float slope = hiddenSlope(row, unit);
      if (plane == 0) return slope * (beforeAt(step, row, unit) - factor * c) * z * (1.0 - z);
      return slope * (1.0 - z) * factor * (1.0 - c * c);
    }`;
  const resetCode = `vec4 block(int plane, int row, int column) {
    vec4 sum = vec4(0);
    ${addBlock({
      left: 'getOuter(1, row, k)',
      right: `getRecurrentKernel(0, column, k + ${2 * hiddenSize})`,
      length: hiddenSize,
      rightTransposed: true,
    })}
    return sum;
  }`;
  const gatesCode = `float value(int plane, int row, int column) {
    int gate = column / ${hiddenSize};
    int unit = column - gate * ${hiddenSize};
    if (gate != 1) return outerAt(gate / 2, row, unit);
    float r = gatesAt(step, row, column);
    return resetGradientAt(0, row, unit) * beforeAt(step, row, unit) * r * (1.0 - r);
  }`;
  const carryCode = `
    ${hiddenSlope}
    float passed(int row, int unit) {
      if (ended(row, step)) return carryAt(0, row, unit);
      float r = gatesAt(step, row, unit + ${hiddenSize});
      return hiddenSlope(row, unit) * gatesAt(step, row, unit) + resetGradientAt(0, row, unit) * r;
    }
    vec4 block(int plane, int row, int column) {
      vec4 sum = vec4(passed(row, column), passed(row, column + 1),
                      passed(row + 1, column), passed(row + 1, column + 1));
      // Where the sequence has ended the gradients of the gates are zeros.
      ${addBlock({
        left: 'getGatesGradient(0, row, k)',
        right: 'getRecurrentKernel(0, column, k)',
        length: 2 * hiddenSize,
        rightTransposed: true,
      })}
      return sum;
    }`;

  let carry = hiddenGradient!;
  const made = [before];
  const gatesGradients: TensorInfo[] = [];
  for (const step of stepsInOrder(steps, !reverse)) {
    const integers = {step};
    const common = {gates: gates!, outputsGradient: outputsGradient!, carry, ...(lengths && {lengths})};
    const outer = run(backend, {
      inputs: {...common, before, ...(candidateMask && {candidateMask})},
      shape: [2, ...state],
      integers,
      code: outerCode,
    });
    const resetGradient = run(backend, {
      inputs: {outer, recurrentKernel: recurrentKernel!},
      shape: [1, ...state],
      code: resetCode,
    });
    const gatesGradient = run(backend, {
      inputs: {outer, resetGradient, gates: gates!, before},
      shape: [1, batch, 3 * hiddenSize],
      integers,
      code: gatesCode,
    });
    carry = run(backend, {
      inputs: {...common, recurrentKernel: recurrentKernel!, gatesGradient, resetGradient},
      shape: [1, ...state],
      integers,
      code: carryCode,
    });
    gatesGradients[step] = gatesGradient;
    made.push(outer, resetGradient, gatesGradient, carry);
  }
  const all = stack(backend, gatesGradients, 0, [steps, batch, 3 * hiddenSize]);
  const reset = run(backend, {
    inputs: {before, gates: gates!},
    shape: before.shape,
    code: `float value(int step, int row, int unit) {
      return beforeAt(step, row, unit) * gatesAt(step, row, unit + ${hiddenSize});
    }`,
  });
  const results = [
    fromIds ? sumRowsAt(backend, all, x!, inputSize, {clamped: true}) : transposedProduct(backend, x!, all),
    transposedProduct(backend, before, all, {x: reset, from: 2 * hiddenSize}),
    columnSums(backend, all),
    planeOf(backend, {...carry, shape: [1, ...state]}, 0),
    ...(fromIds || attrs?.constantInput ? [] : [product(backend, all, kernel!, {transposed: true})]),
  ];
  release(backend, ...made, all, reset);
  return results;
}

const supports = (_: unknown, inputs: NamedTensorMap) => isFaster(inputs);

export const gruWebGL = [
  {kernelName: 'FusedGRU', backendName: 'webgl', kernelFunc: forward, supports},
  {kernelName: 'FusedGRUGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as SelectiveKernel[];
