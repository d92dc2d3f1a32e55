// The LSTM on WebGPU: the inputs of all steps are projected at once, then one dispatch goes through time. Rows of the batch
// do not depend on one another, so a workgroup takes up to 8 of them through all steps, with a barrier between the
// steps; an invocation has the four gates of a unit for its rows. The state lives in the buffers of the final state.
// Backward one dispatch goes back through time and leaves the gradient of the pre-activations in the place of the gates;
// one product for all steps then gives the gradients of the weights, the bias as a row of ones (Appleyard et al. 2016,
// arXiv 1604.01946).
import {engine, type TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelOptions, SelectiveKernel} from '../backends/has-kernel';
import {copyValues, output, tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {addProjection, each, loadShared, multiplyTransposed, product, transpose} from '../matrix-product/webgpu';
import {lookUpRows, sumRows} from '../rows/webgpu';
import {optionsKey, type RecurrentCall, stateBefore, throughTime} from '../sequence/webgpu';
import {lstmSizes} from './shapes';

function forward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, hiddenSize, fromIds} = lstmSizes(inputs);
  const {x, kernel, recurrentKernel, bias, hidden, cell} = inputs as Record<string, TensorInfo> & Inputs;
  const outputs = output(backend, [steps, batch, hiddenSize]);
  const finalHidden = output(backend, [batch, hiddenSize]);
  const finalCell = output(backend, [batch, hiddenSize]);
  const gates = output(backend, [steps, batch, 4 * hiddenSize]);
  const cells = output(backend, [steps, batch, hiddenSize]);
  copyValues(backend, hidden, finalHidden);
  copyValues(backend, cell, finalCell);
  if (fromIds) lookUpRows(backend, {ids: x, table: kernel, bias, target: gates});
  else addProjection(backend, {x, kernel, bias, y: gates});
  throughTime(call, {
    name: 'lstmForward',
    inputs: {recurrentKernel},
    outputs: {outputs, finalHidden, finalCell, gates, cells},
    units: hiddenSize,
    code: forwardCode,
  });
  return [outputs, finalHidden, finalCell, gates, cells];
}

type Inputs = Record<'x' | 'kernel' | 'recurrentKernel' | 'bias' | 'hidden' | 'cell', TensorInfo>;

const forwardCode = (rows: number, subgroups: boolean) => `
  /** Leaves the pre-activations of a unit's gates in their buffer; \`activate\` follows, in a loop that compiles fast. */
  fn add(step: u32, row: u32, unit: u32, sum: vec4<f32>) {
    if (row >= uniforms.batch || unit >= uniforms.size) { return; }
    let at = (step * uniforms.batch + row) * 4 * uniforms.size + unit;
    for (var part = 0u; part < 4; part++) { gates[at + part * uniforms.size] += sum[part]; }
  }
  fn activate(step: u32, row: u32, unit: u32) {
    let size = uniforms.size;
    let state = row * size + unit;
    let index = step * uniforms.batch * size + state;
    let at = (step * uniforms.batch + row) * 4 * size + unit;
    let i = sigmoid(gates[at]);
    let f = sigmoid(gates[at + size]);
    let c = squash(gates[at + 2 * size]);
    let o = sigmoid(gates[at + 3 * size]);
    gates[at] = i;
    gates[at + size] = f;
    gates[at + 2 * size] = c;
    gates[at + 3 * size] = o;
    let going = isGoing(step, row);
    let before = finalCell[state];
    let after = select(before, f * before + i * c * mask(index), going);
    finalCell[state] = after;
    cells[index] = after;
    outputs[index] = select(0.0, o * squash(after), going);
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var at = 0u; at < uniforms.steps; at++) {
      let step = stepAt(at);
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane;
        ${each(rows, (index) => `var sum${index} = vec4<f32>();`)}
        for (var k = 0u; k < size; k++) {
          let weight = k * 4 * size + unit;
          let factor = vec4<f32>(recurrentKernel[weight], recurrentKernel[weight + size],
            recurrentKernel[weight + 2 * size], recurrentKernel[weight + 3 * size]);
          ${loadShared(rows, subgroups, (index) => `finalHidden[(row + ${index}) * size + k]`)}
          ${each(rows, (index) => `sum${index} += shared${index} * factor;`)}
        }
        ${each(rows, (index) => `add(step, row + ${index}, unit, sum${index});`)}
        for (var sequence = row; sequence < min(row + rows, uniforms.batch) && unit < size; sequence++) {
          activate(step, sequence, unit);
        }
      }
      storageBarrier();
      for (var index = lane; index < rows * size; index += width) {
        let sequence = row + index / size;
        let state = sequence * size + index % size;
        if (sequence < uniforms.batch && isGoing(step, sequence)) {
          finalHidden[state] = outputs[step * uniforms.batch * size + state];
        }
      }
      storageBarrier();
    }
  }`;

function backward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, inputSize, hiddenSize, fromIds} = lstmSizes(inputs);
  const {x, kernel, recurrentKernel, hidden, cell, gates, cells, outputs, outputsGradient} = inputs as typeof inputs &
    Record<'gates' | 'cells' | 'outputs' | 'outputsGradient', TensorInfo> &
    Inputs;
  const {lengths} = inputs;
  const width = 4 * hiddenSize;
  const kernelGradient = output(backend, [inputSize, width]);
  const recurrentKernelGradient = output(backend, [hiddenSize, width]);
  const biasGradient = output(backend, [width]);
  const hiddenGradient = output(backend, [batch, hiddenSize]);
  const cellGradient = output(backend, [batch, hiddenSize]);
  copyValues(backend, inputs.hiddenGradient!, hiddenGradient);
  copyValues(backend, inputs.cellGradient!, cellGradient);
  const transposed = transpose(backend, recurrentKernel); // [4H, H]
  // `gates` is used up: it was kept for this pass alone.
  throughTime(call, {
    name: 'lstmBackward',
    inputs: {transposed, cell, cells, outputsGradient},
    outputs: {gates, hiddenGradient, cellGradient},
    units: Math.ceil(hiddenSize / 4),
    code: backwardCode,
  });
  backend.disposeData(transposed.dataId);

  const weights = {
    columns: width,
    depth: steps * batch,
    integers: {steps, batch, size: hiddenSize, inputSize: fromIds ? 0 : inputSize},
    matrix: 'gates',
  };
  product(backend, {
    ...weights,
    key: `lstmWeightsGradient${fromIds ? '/ids' : ''}${optionsKey(call)}`,
    rows: (fromIds ? 0 : inputSize) + hiddenSize + 1,
    inputs: {gates, hidden, outputs, ...(!fromIds && {x}), ...(lengths && {lengths})},
    outputs: {recurrentKernelGradient, biasGradient, ...(!fromIds && {kernelGradient})},
    left: 'leftOf(row, k)',
    declarations: `
      ${stateBefore(call)}
      fn leftOf(row: u32, k: u32) -> f32 {
        let unit = row - uniforms.inputSize;
        ${fromIds ? '' : 'if (row < uniforms.inputSize) { return x[k * uniforms.inputSize + row]; }'}
        if (unit >= uniforms.size) { return 1; }
        return stateBefore(k, unit);
      }`,
    store: `
      let unit = row - uniforms.inputSize;
      ${fromIds ? '' : 'if (row < uniforms.inputSize) { kernelGradient[row * uniforms.columns + column] = value; return; }'}
      if (unit < uniforms.size) { recurrentKernelGradient[unit * uniforms.columns + column] = value; }
      else { biasGradient[column] = value; }`,
  });
  const results = [kernelGradient, recurrentKernelGradient, biasGradient, hiddenGradient, cellGradient];
  if (fromIds) {
    sumRows(backend, {ids: x, source: gates, table: kernelGradient});
    return results;
  }
  const xGradient = output(backend, x.shape);
  multiplyTransposed(backend, {gradient: gates, kernel, xGradient});
  return [...results, xGradient];
}

const backwardCode = (rows: number, subgroups: boolean) => `
  fn differentiate(at: u32, row: u32, unit: u32) {
    let size = uniforms.size;
    let step = stepAt(at);
    let state = row * size + unit;
    let index = step * uniforms.batch * size + state;
    let gate = (step * uniforms.batch + row) * 4 * size + unit;
    if (!isGoing(step, row)) {
      for (var part = 0u; part < 4; part++) { gates[gate + part * size] = 0; }
      return;
    }
    let i = gates[gate];
    let f = gates[gate + size];
    let c = gates[gate + 2 * size];
    let o = gates[gate + 3 * size];
    var before = cell[state];
    if (at > 0) { before = cells[stepAt(at - 1) * uniforms.batch * size + state]; }
    let squashed = squash(cells[index]);
    let dh = outputsGradient[index] + hiddenGradient[state];
    let dState = cellGradient[state] + dh * o * (1 - squashed * squashed);
    gates[gate] = dState * c * mask(index) * i * (1 - i);
    gates[gate + size] = dState * before * f * (1 - f);
    gates[gate + 2 * size] = dState * i * mask(index) * (1 - c * c);
    gates[gate + 3 * size] = dh * squashed * o * (1 - o);
    cellGradient[state] = dState * f;
  }
  fn keep(step: u32, row: u32, first: u32, sum: vec4<f32>) {
    if (row >= uniforms.batch || !isGoing(step, row)) { return; }
    for (var part = 0u; part < 4; part++) {
      let unit = first + part * width;
      if (unit < uniforms.size) { hiddenGradient[row * uniforms.size + unit] = sum[part]; }
    }
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var left = uniforms.steps; left > 0; left--) {
      let at = left - 1;
      let step = stepAt(at);
      for (var index = lane; index < rows * size; index += width) {
        if (row + index / size < uniforms.batch) { differentiate(at, row + index / size, index % size); }
      }
      storageBarrier();
      for (var base = 0u; base < size; base += 4 * width) {
        let unit = base + lane; // and three more, each \`width\` further
        ${each(rows, (index) => `var sum${index} = vec4<f32>();`)}
        for (var k = 0u; k < 4 * size; k++) {
          let weight = k * size + unit;
          let factor = vec4<f32>(transposed[weight], transposed[weight + width],
            transposed[weight + 2 * width], transposed[weight + 3 * width]);
          ${loadShared(rows, subgroups, (index) => `gates[(step * uniforms.batch + row + ${index}) * 4 * size + k]`)}
          ${each(rows, (index) => `sum${index} += shared${index} * factor;`)}
        }
        ${each(rows, (index) => `keep(step, row + ${index}, unit, sum${index});`)}
      }
      storageBarrier();
    }
  }`;

/** With both options the way back binds 9 tensors. */
function supports({lengths, candidateMask}: KernelOptions): boolean {
  return !(lengths && candidateMask) || tensorLimit(engine().backend as WebGPUBackend) >= 9;
}

export const lstmWebGPU = [
  {kernelName: 'FusedLSTM', backendName: 'webgpu', kernelFunc: forward, supports},
  {kernelName: 'FusedLSTMGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
