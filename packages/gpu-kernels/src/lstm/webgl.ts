// The LSTM on tfjs-backend-webgl, where a program writes one texture. Two programs a step forward: the product with the
// recurrent kernel and the gates it leads to; then hidden and cell state, as two planes of one texture. Two a step
// backward: the gradient of the gates; then those of both states. Steps are laid side by side at the end, and what
// concerns the weights is one product for all of them (Appleyard et al. 2016, arXiv 1604.01946).
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
  const {recurrentKernel, hidden, cell} = inputs as Record<string, TensorInfo>;
  const {lengths, candidateMask} = inputs;
  const width = 4 * hiddenSize;

  const fromInput = inputOfSteps(backend, inputs);
  const gatesCode = `
    ${activations}
    float activate(float x, int column) { return column / ${hiddenSize} == 2 ? squash(x) : sigmoid(x); }
    ${fromInput.code}
    vec4 block(int plane, int row, int column) {
      vec4 sum = inputBlock(row, column);
      ${addBlock({left: 'getState(0, row, k)', right: 'getRecurrentKernel(0, k, column)', length: hiddenSize})}
      return vec4(activate(sum.x, column), activate(sum.y, column + 1),
                  activate(sum.z, column), activate(sum.w, column + 1));
    }`;
  const stateCode = `
    ${activations}
    ${ended(lengths)}
    float value(int plane, int row, int unit) {
      if (ended(row, step)) return stateAt(plane, row, unit);
      float i = gatesAt(0, row, unit);
      float f = gatesAt(0, row, unit + ${hiddenSize});
      float c = gatesAt(0, row, unit + ${2 * hiddenSize})${candidateMask ? ' * candidateMaskAt(step, row, unit)' : ''};
      float state = f * stateAt(1, row, unit) + i * c;
      return plane == 0 ? gatesAt(0, row, unit + ${3 * hiddenSize}) * squash(state) : state;
    }`;

  let state = stack(backend, [hidden!, cell!], 0, [2, batch, hiddenSize]);
  const made = [state];
  const [gates, states]: [TensorInfo[], TensorInfo[]] = [[], []];
  for (const step of stepsInOrder(steps, attrs?.reverse ?? false)) {
    gates[step] = run(backend, {
      inputs: {...fromInput.tensors, recurrentKernel: recurrentKernel!, state},
      shape: [1, batch, width],
      integers: {step},
      code: gatesCode,
    });
    state = run(backend, {
      inputs: {gates: gates[step], state, ...(lengths && {lengths}), ...(candidateMask && {candidateMask})},
      shape: [2, batch, hiddenSize],
      integers: {step},
      code: stateCode,
    });
    states[step] = state;
    made.push(gates[step], state);
  }
  const hiddenStates = stack(backend, states, 0, [steps, batch, hiddenSize]);
  const results = [
    lengths ? clearPadding(backend, hiddenStates, lengths) : hiddenStates,
    planeOf(backend, state, 0),
    planeOf(backend, state, 1),
    stack(backend, gates, 0, [steps, batch, width]),
    stack(backend, states, 1, [steps, batch, hiddenSize]),
  ];
  release(backend, ...made, ...fromInput.made, ...(lengths ? [hiddenStates] : []));
  return results;
}

function backward({inputs, attrs, backend}: RecurrentCall): TensorInfo[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells} = inputs as Record<string, TensorInfo>;
  const {outputsGradient, hiddenGradient, cellGradient} = inputs as Record<string, TensorInfo>;
  const {lengths, candidateMask} = inputs;
  const reverse = attrs?.reverse ?? false;
  const width = 4 * hiddenSize;

  // The gradients of hidden and cell state travel back as the two planes of `carry`.
  const gate = (index: number) => `gatesAt(step, row, unit + ${index * hiddenSize})`;
  const slopes = `
    ${activations}
    ${ended(lengths)}
    float hiddenSlope(int row, int unit) { return outputsGradientAt(step, row, unit) + carryAt(0, row, unit); }
    float stateSlope(int row, int unit) {
      float squashed = squash(cellsAt(step, row, unit));
      return carryAt(1, row, unit) + hiddenSlope(row, unit) * ${gate(3)} * (1.0 - squashed * squashed);
    }`;
  const gatesCode = `
    ${slopes}
    float value(int plane, int row, int column) {
      if (ended(row, step)) return 0.0;
      int gate = column / ${hiddenSize};
      int unit = column - gate * ${hiddenSize};
      float own = gatesAt(step, row, column);
      if (gate == 3) return hiddenSlope(row, unit) * squash(cellsAt(step, row, unit)) * own * (1.0 - own);
      float slope = stateSlope(row, unit);
      if (gate == 1) {
        float before = step == ${reverse ? steps - 1 : 0} ? cellAt(0, row, unit) : cellsAt(step ${reverse ? '+' : '-'} 1, row, unit);
        return slope * before * own * (1.0 - own);
      }
      ${candidateMask ? 'slope *= candidateMaskAt(step, row, unit);' : ''}
      return gate == 0 ? slope * ${gate(2)} * own * (1.0 - own) : slope * ${gate(0)} * (1.0 - own * own);
    }`;
  const carryCode = `
    ${slopes}
    float cellSlope(int row, int unit) {
      return ended(row, step) ? carryAt(1, row, unit) : stateSlope(row, unit) * ${gate(1)};
    }
    vec4 block(int plane, int row, int column) {
      if (plane == 1) {
        return vec4(cellSlope(row, column), cellSlope(row, column + 1),
                    cellSlope(row + 1, column), cellSlope(row + 1, column + 1));
      }
      vec4 sum = vec4(0);
      ${addBlock({
        left: 'getGatesGradient(0, row, k)',
        right: 'getRecurrentKernel(0, column, k)',
        length: width,
        rightTransposed: true,
      })}
      vec4 passed = getCarry(0, row, column);
      return vec4(ended(row, step) ? passed.xy : sum.xy, ended(row + 1, step) ? passed.zw : sum.zw);
    }`;

  let carry = stack(backend, [hiddenGradient!, cellGradient!], 0, [2, batch, hiddenSize]);
  const gatesGradients: TensorInfo[] = [];
  for (const step of stepsInOrder(steps, !reverse)) {
    const common = {
      ...{gates: gates!, cells: cells!, outputsGradient: outputsGradient!, carry},
      ...(lengths && {lengths}),
    };
    const gatesGradient = run(backend, {
      inputs: {...common, cell: cell!, ...(candidateMask && {candidateMask})},
      shape: [1, batch, width],
      integers: {step},
      code: gatesCode,
    });
    const earlier = run(backend, {
      inputs: {...common, recurrentKernel: recurrentKernel!, gatesGradient},
      shape: [2, batch, hiddenSize],
      integers: {step},
      code: carryCode,
    });
    release(backend, carry);
    gatesGradients[step] = gatesGradient;
    carry = earlier;
  }
  const all = stack(backend, gatesGradients, 0, [steps, batch, width]);
  const before = statesBefore(backend, hidden!, outputs!, reverse, lengths);
  const results = [
    fromIds ? sumRowsAt(backend, all, x!, inputSize, {clamped: true}) : transposedProduct(backend, x!, all),
    transposedProduct(backend, before, all),
    columnSums(backend, all),
    planeOf(backend, carry, 0),
    planeOf(backend, carry, 1),
    ...(fromIds || attrs?.constantInput ? [] : [product(backend, all, kernel!, {transposed: true})]),
  ];
  release(backend, ...gatesGradients, carry, all, before);
  return results;
}

const supports = (_: unknown, inputs: NamedTensorMap) => isFaster(inputs);

export const lstmWebGL = [
  {kernelName: 'FusedLSTM', backendName: 'webgl', kernelFunc: forward, supports},
  {kernelName: 'FusedLSTMGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as SelectiveKernel[];
