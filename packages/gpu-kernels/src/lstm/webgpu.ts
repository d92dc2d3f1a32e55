// The LSTM on WebGPU: the inputs of all steps are projected at once, then one dispatch goes through time. Rows of the batch
// do not depend on one another, so a workgroup takes several of them through all steps: a product, a barrier, the equations,
// a barrier. The state lives in the buffers of the final state. Where H is a whole number of fours, everything is loaded,
// computed and stored four units at a time.
// Backward one dispatch goes back through time and leaves the gradient of the pre-activations in the place of the gates;
// one product for all steps then gives the gradients of the weights, the bias as a row of ones (Appleyard et al. 2016,
// arXiv 1604.01946).
import {engine, type TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelOptions, SelectiveKernel} from '../backends/has-kernel';
import {copyValues, output, tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {
  addProjection,
  addUp,
  memoryOfSlices,
  multiplyTransposed,
  product,
  type Sums,
  type Tile,
  transpose,
} from '../matrix-product/webgpu';
import {lookUpRows, sumRows} from '../rows/webgpu';
import {sequenceSizes} from '../sequence/sizes';
import {optionsKey, type RecurrentCall, stateBefore, throughTime} from '../sequence/webgpu';

function forward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, bias, hidden, cell} = inputs as Record<string, TensorInfo> & Inputs;
  const unitsAtOnce = unitsAtOnceFor(hiddenSize);
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
    units: (4 * hiddenSize) / unitsAtOnce,
    depth: hiddenSize,
    unitsAtOnce,
    code: forwardCode(unitsAtOnce),
  });
  return [outputs, finalHidden, finalCell, gates, cells];
}

type Inputs = Record<'x' | 'kernel' | 'recurrentKernel' | 'bias' | 'hidden' | 'cell', TensorInfo>;

const forwardCode = (unitsAtOnce: 1 | 4) => (tile: Tile) =>
  `
  ${memoryOfSlices(tile, 'Value')}
  fn add(step: u32, row: u32, column: u32, sum: Value) {
    if (row >= uniforms.batch || column >= 4 * uniforms.size) { return; }
    gates[(step * uniforms.batch + row) * 4 * uniforms.size + column] += sum;
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
    let hidden = o * squash(after);
    outputs[index] = select(Value(), hidden, going);
    if (going) { finalHidden[state] = hidden; }
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var at = 0u; at < uniforms.steps; at++) {
      let step = stepAt(at);
      for (var base = 0u; base < 4 * size; base += width) {
        let column = base + lane % width;
        ${addUp({
          ...{tile, type: 'Value', ...stateFactor('finalHidden', 'size', unitsAtOnce)},
          right: (k) => `recurrentKernel[${k} * 4 * size + column]`,
          take: (index) => `add(step, row + ${index}, column, sum);`,
        })}
      }
      storageBarrier();
      for (var index = lane; index < rows * size; index += lanes) {
        if (row + index / size < uniforms.batch) { activate(step, row + index / size, index % size); }
      }
      storageBarrier();
    }
  }`;

/** The left factor `[rows, depth]` of a step's product, `depth` being counted in what the tensor is seen as. */
function stateFactor(
  name: string,
  depth: string,
  unitsAtOnce: 1 | 4,
  first = '',
): Pick<Sums, 'left' | 'along' | 'depth'> {
  if (unitsAtOnce === 1) return {left: (row, k) => `${name}[(${first}${row}) * ${depth} + ${k}]`, depth};
  return {left: (row, k) => `${name}[(${first}${row}) * ${depth} + ${k} / 4]`, along: 'depth', depth: `(4 * ${depth})`};
}

/** Units a pass takes at once. */
function unitsAtOnceFor(hiddenSize: number): 1 | 4 {
  return hiddenSize % 4 === 0 ? 4 : 1;
}

function backward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, hidden, cell, gates, cells, outputs, outputsGradient} = inputs as typeof inputs &
    Record<'gates' | 'cells' | 'outputs' | 'outputsGradient', TensorInfo> &
    Inputs;
  const {lengths} = inputs;
  const unitsAtOnce = unitsAtOnceFor(hiddenSize);
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
    units: hiddenSize / unitsAtOnce,
    depth: 4 * hiddenSize,
    unitsAtOnce,
    code: backwardCode(unitsAtOnce),
  });
  backend.disposeData(transposed.dataId);

  const inFours = hiddenSize % 4 === 0 && (fromIds || inputSize % 4 === 0);
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
    left: (row, k) => `leftOf(${row}, ${k})`,
    // Whole fours of rows are all of x, of the state or, below both, the ones.
    ...(inFours && {along: 'rows' as const, vectors: ['x', 'hidden', 'outputs']}),
    declarations: `
      alias Factor = ${inFours ? 'vec4<f32>' : 'f32'};
      ${stateBefore(call, inFours ? 4 : 1)}
      fn leftOf(row: u32, k: u32) -> Factor {
        let unit = row - uniforms.inputSize;
        ${fromIds ? '' : `if (row < uniforms.inputSize) { return x[(k * uniforms.inputSize + row)${inFours ? ' / 4' : ''}]; }`}
        if (unit >= uniforms.size) { return Factor(1); }
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
  if (call.attrs?.constantInput) return results;
  const xGradient = output(backend, x.shape);
  multiplyTransposed(backend, {gradient: gates, kernel, xGradient});
  return [...results, xGradient];
}

const backwardCode = (unitsAtOnce: 1 | 4) => (tile: Tile) =>
  `
  ${memoryOfSlices(tile, 'Value')}
  fn differentiate(at: u32, row: u32, unit: u32) {
    let size = uniforms.size;
    let step = stepAt(at);
    let state = row * size + unit;
    let index = step * uniforms.batch * size + state;
    let gate = (step * uniforms.batch + row) * 4 * size + unit;
    if (!isGoing(step, row)) {
      for (var part = 0u; part < 4; part++) { gates[gate + part * size] = Value(); }
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
  fn keep(step: u32, row: u32, unit: u32, sum: Value) {
    if (row >= uniforms.batch || unit >= uniforms.size) { return; }
    let state = row * uniforms.size + unit;
    // No early return: of 16 rows that may each end here, SwiftShader makes gigabytes of code for minutes.
    hiddenGradient[state] = select(hiddenGradient[state], sum, isGoing(step, row));
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var left = uniforms.steps; left > 0; left--) {
      let at = left - 1;
      let step = stepAt(at);
      for (var index = lane; index < rows * size; index += lanes) {
        if (row + index / size < uniforms.batch) { differentiate(at, row + index / size, index % size); }
      }
      storageBarrier();
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane % width;
        let first = step * uniforms.batch;
        ${addUp({
          ...{tile, type: 'Value', ...stateFactor('gates', '4 * size', unitsAtOnce, 'first + ')},
          right: (k) => `transposed[${k} * size + unit]`,
          take: (index) => `keep(step, row + ${index}, unit, sum);`,
        })}
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
