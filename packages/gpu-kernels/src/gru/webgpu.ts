// The GRU on WebGPU: the inputs of all steps are projected at once, then one dispatch goes through time. A step is three
// passes with a barrier after each: the gates z and r, which leave r h where the outputs will be; the candidate; the new
// state, which lives in the buffer of the final state. Backward one dispatch goes back through time and leaves the
// gradient of the pre-activations in the place of the gates; products for all steps then give those of the weights.
import {engine, type TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelOptions, SelectiveKernel} from '../backends/has-kernel';
import {copyValues, output, tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {addProjection, addUp, memoryOfSlices, multiplyTransposed, product, type Tile} from '../matrix-product/webgpu';
import {lookUpRows, sumRows} from '../rows/webgpu';
import {sequenceSizes} from '../sequence/sizes';
import {optionsKey, type RecurrentCall, stateBefore, throughTime} from '../sequence/webgpu';

type Inputs = Record<'x' | 'kernel' | 'recurrentKernel' | 'bias' | 'hidden', TensorInfo>;

function forward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, bias, hidden} = inputs as RecurrentCall['inputs'] & Inputs;
  const outputs = output(backend, [steps, batch, hiddenSize]);
  const finalState = output(backend, [batch, hiddenSize]);
  const gates = output(backend, [steps, batch, 3 * hiddenSize]);
  copyValues(backend, hidden, finalState);
  if (fromIds) lookUpRows(backend, {ids: x, table: kernel, bias, target: gates});
  else addProjection(backend, {x, kernel, bias, y: gates});
  throughTime(call, {
    name: 'gruForward',
    inputs: {recurrentKernel},
    outputs: {outputs, finalState, gates},
    code: forwardCode,
  });
  return [outputs, finalState, gates];
}

/** WGSL that visits every unit of the rows a workgroup takes, as `state` in [B, H], `index` in [T, B, H], `gate` in [T, B, 3H]. */
const eachUnit = (statements: string) => `
  for (var place = lane; place < rows * size; place += lanes) {
    let sequence = row + place / size;
    if (sequence < uniforms.batch) {
      let state = sequence * size + place % size;
      let index = step * uniforms.batch * size + state;
      let gate = (step * uniforms.batch + sequence) * 3 * size + place % size;
      ${statements}
    }
  }
  storageBarrier();`;

const forwardCode = (tile: Tile) => `
  ${memoryOfSlices(tile, 'vec2<f32>')}
  ${memoryOfSlices(tile, 'f32')}
  fn activateGates(step: u32, row: u32, unit: u32, sum: vec2<f32>) {
    let size = uniforms.size;
    if (row >= uniforms.batch || unit >= size) { return; }
    let gate = (step * uniforms.batch + row) * 3 * size + unit;
    let r = sigmoid(gates[gate + size] + sum[1]);
    gates[gate] = sigmoid(gates[gate] + sum[0]);
    gates[gate + size] = r;
    outputs[(step * uniforms.batch + row) * size + unit] = r * finalState[row * size + unit];
  }
  fn activateCandidate(step: u32, row: u32, unit: u32, sum: f32) {
    let size = uniforms.size;
    if (row >= uniforms.batch || unit >= size) { return; }
    let gate = (step * uniforms.batch + row) * 3 * size + unit + 2 * size;
    gates[gate] = squash(gates[gate] + sum);
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var at = 0u; at < uniforms.steps; at++) {
      let step = stepAt(at);
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane % width;
        ${addUp({
          ...{tile, type: 'vec2<f32>', depth: 'size'},
          left: (at, k) => `finalState[(${at}) * size + ${k}]`,
          right: (k) =>
            `vec2<f32>(recurrentKernel[${k} * 3 * size + unit], recurrentKernel[(3 * ${k} + 1) * size + unit])`,
          take: (index) => `activateGates(step, row + ${index}, unit, sum);`,
        })}
      }
      storageBarrier();
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane % width;
        ${addUp({
          ...{tile, type: 'f32', depth: 'size'},
          left: (at, k) => `outputs[(step * uniforms.batch + ${at}) * size + ${k}]`,
          right: (k) => `recurrentKernel[(3 * ${k} + 2) * size + unit]`,
          take: (index) => `activateCandidate(step, row + ${index}, unit, sum);`,
        })}
      }
      storageBarrier();
      ${eachUnit(`
        let z = gates[gate];
        let before = finalState[state];
        let after = z * before + (1 - z) * mask(index) * gates[gate + 2 * size];
        let going = isGoing(step, sequence);
        outputs[index] = select(0.0, after, going);
        finalState[state] = select(before, after, going);`)}
    }
  }`;

function backward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {x, kernel, recurrentKernel, hidden, gates, outputs, outputsGradient} = inputs as RecurrentCall['inputs'] &
    Record<'gates' | 'outputs' | 'outputsGradient', TensorInfo> &
    Inputs;
  const {lengths} = inputs;
  const width = 3 * hiddenSize;
  const kernelGradient = output(backend, [inputSize, width]);
  const recurrentKernelGradient = output(backend, [hiddenSize, width]);
  const biasGradient = output(backend, [width]);
  const hiddenGradient = output(backend, [batch, hiddenSize]);
  const reset = output(backend, [steps, batch, hiddenSize]); // r h
  copyValues(backend, inputs.hiddenGradient!, hiddenGradient);
  // `gates` is used up: it was kept for this pass alone.
  throughTime(call, {
    name: 'gruBackward',
    inputs: {recurrentKernel, hidden, outputs, outputsGradient},
    outputs: {gates, hiddenGradient, reset},
    code: (tile) => stateBefore(call) + backwardCode(tile),
  });

  const depth = steps * batch;
  const integers = {steps, batch, size: hiddenSize, width};
  product(backend, {
    key: `gruGatesGradient${optionsKey(call)}`,
    ...{rows: hiddenSize, columns: 2 * hiddenSize, depth, integers},
    inputs: {gates, hidden, outputs, ...(lengths && {lengths})},
    outputs: {recurrentKernelGradient},
    declarations: stateBefore(call),
    left: (row, k) => `stateBefore(${k}, ${row})`,
    right: 'gates[k * uniforms.width + column]',
    store: 'recurrentKernelGradient[row * uniforms.width + column] = value;',
  });
  product(backend, {
    key: 'gruCandidateGradient',
    ...{rows: hiddenSize, columns: hiddenSize, depth, integers},
    inputs: {gates, reset},
    outputs: {recurrentKernelGradient},
    left: (row, k) => `reset[${k} * uniforms.size + ${row}]`,
    right: 'gates[k * uniforms.width + 2 * uniforms.size + column]',
    store: 'recurrentKernelGradient[row * uniforms.width + 2 * uniforms.size + column] = value;',
  });
  product(backend, {
    key: `gruInputGradient${fromIds ? '/ids' : ''}`,
    ...{rows: (fromIds ? 0 : inputSize) + 1, columns: width, depth}, // the last row is of ones: the bias
    integers: {inputSize: fromIds ? 0 : inputSize},
    inputs: {gates, ...(!fromIds && {x})},
    outputs: {biasGradient, ...(!fromIds && {kernelGradient})},
    declarations: `fn leftOf(row: u32, k: u32) -> f32 {
      ${fromIds ? '' : 'if (row < uniforms.inputSize) { return x[k * uniforms.inputSize + row]; }'}
      return 1;
    }`,
    left: (row, k) => `leftOf(${row}, ${k})`,
    matrix: 'gates',
    store: `
      ${fromIds ? '' : 'if (row < uniforms.inputSize) { kernelGradient[row * uniforms.columns + column] = value; return; }'}
      biasGradient[column] = value;`,
  });
  backend.disposeData(reset.dataId);
  const results = [kernelGradient, recurrentKernelGradient, biasGradient, hiddenGradient];
  if (fromIds) {
    sumRows(backend, {ids: x, source: gates, table: kernelGradient});
    return results;
  }
  if (call.attrs?.constantInput) return results;
  const xGradient = output(backend, x.shape);
  multiplyTransposed(backend, {gradient: gates, kernel, xGradient});
  return [...results, xGradient];
}

const backwardCode = (tile: Tile) => `
  ${memoryOfSlices(tile, 'f32')}
  fn differentiateReset(step: u32, row: u32, unit: u32, sum: f32) {
    let size = uniforms.size;
    if (row >= uniforms.batch || unit >= size) { return; }
    let k = step * uniforms.batch + row;
    let gate = k * 3 * size + unit + size;
    let r = gates[gate];
    let before = stateBefore(k, unit);
    reset[k * size + unit] = r * before;
    gates[gate] = sum * before * r * (1 - r);
    hiddenGradient[row * size + unit] += sum * r;
  }
  fn passOn(row: u32, unit: u32, sum: f32) {
    if (row < uniforms.batch && unit < uniforms.size) { hiddenGradient[row * uniforms.size + unit] += sum; }
  }
  fn run(group: u32, lane: u32) {
    let size = uniforms.size;
    let row = group * rows;
    for (var left = uniforms.steps; left > 0; left--) {
      let step = stepAt(left - 1);
      ${eachUnit(`
        if (isGoing(step, sequence)) {
          let z = gates[gate];
          let c = gates[gate + 2 * size];
          let dh = outputsGradient[index] + hiddenGradient[state];
          let before = stateBefore(step * uniforms.batch + sequence, place % size);
          gates[gate] = dh * (before - mask(index) * c) * z * (1 - z);
          gates[gate + 2 * size] = dh * (1 - z) * mask(index) * (1 - c * c);
          hiddenGradient[state] = dh * z;
        } else {
          for (var part = 0u; part < 3; part++) { gates[gate + part * size] = 0; }
        }`)}
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane % width;
        ${addUp({
          ...{tile, type: 'f32', depth: 'size'},
          left: (at, k) => `gates[((step * uniforms.batch + ${at}) * 3 + 2) * size + ${k}]`,
          right: (k) => `recurrentKernel[(3 * unit + 2) * size + ${k}]`,
          take: (index) => `differentiateReset(step, row + ${index}, unit, sum);`,
        })}
      }
      storageBarrier();
      for (var base = 0u; base < size; base += width) {
        let unit = base + lane % width;
        ${addUp({
          ...{tile, type: 'f32', depth: '2 * size'},
          left: (at, k) => `gates[(step * uniforms.batch + ${at}) * 3 * size + ${k}]`,
          right: (k) => `recurrentKernel[unit * 3 * size + ${k}]`,
          take: (index) => `passOn(row + ${index}, unit, sum);`,
        })}
      }
      storageBarrier();
    }
  }`;

/** With both options the way back binds 9 tensors. */
function supports({lengths, candidateMask}: KernelOptions): boolean {
  return !(lengths && candidateMask) || tensorLimit(engine().backend as WebGPUBackend) >= 9;
}

export const gruWebGPU = [
  {kernelName: 'FusedGRU', backendName: 'webgpu', kernelFunc: forward, supports},
  {kernelName: 'FusedGRUGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
