// The scores of a sampled softmax on WebGPU. Of small batches what counts is how few dispatches there are: one forward, a lane a
// score; one backward, a lane a value of any of the three gradients. Of large ones it is the products, which are then those of
// matrix-product/webgpu.ts, with a dispatch for the scores of the targets. Rows are read four values at a time where they are
// that even.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {dispatch, output, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {product, rowMajor, transpose} from '../matrix-product/webgpu';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WebGPUBackend;
}

/** How many values are read at once, and their type in WGSL. */
function vectorOf(width: number): {lanes: number; element: string} {
  return width % 4 === 0 ? {lanes: 4, element: 'vec4<f32>'} : {lanes: 1, element: 'f32'};
}

/** Multiplications in the scores from which on their products are dispatches of their own: they take longer than recording those. */
const large = 2_000_000;

function isLarge({inputs, samples}: Record<'inputs' | 'samples', TensorInfo>): boolean {
  const [batch, width] = inputs.shape as [number, number];
  return batch * width * samples.shape[0]! >= large;
}

function forward(call: Call<'inputs' | 'targets' | 'samples'>): TensorInfo {
  const [batch] = call.inputs.inputs.shape as [number];
  const count = call.inputs.samples.shape[0]!;
  const logits = output(call.backend, [batch, 1 + count]);
  if (isLarge(call.inputs)) {
    score(call, logits, 1);
    scoreSamples(call, logits);
  } else score(call, logits, 1 + count);
  return logits;
}

/** Records the first `scored` columns of the scores. */
function score(
  {inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>,
  logits: TensorInfo,
  scored: number,
): void {
  const [batch, width] = inputs.shape as [number, number];
  const columns = 1 + samples.shape[0]!;
  const {lanes, element} = vectorOf(width);
  dispatch(backend, {
    key: `sampledLogits/${element}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      if (index >= uniforms.size) { return; }
      let row = index / uniforms.scored;
      let own = row * uniforms.width;
      let column = index % uniforms.scored;
      var sums = ${element}(0);
      if (column == 0) {
        for (var at = 0u; at < uniforms.width; at++) { sums += inputs[own + at] * targets[own + at]; }
      } else {
        let other = (column - 1) * uniforms.width;
        for (var at = 0u; at < uniforms.width; at++) { sums += inputs[own + at] * samples[other + at]; }
      }
      logits[row * uniforms.columns + column] = ${lanes === 4 ? 'dot(sums, vec4<f32>(1))' : 'sums'};
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil((batch * scored) / 64)},
    inputs: {inputs, targets, samples},
    outputs: {logits},
    integers: {size: batch * scored, scored, columns, width: width / lanes},
    vectors: lanes === 4 ? ['inputs', 'targets', 'samples'] : [],
  });
}

/** Records the scores of the samples as a product. */
function scoreSamples({inputs: {inputs, samples}, backend}: Call<'inputs' | 'samples'>, logits: TensorInfo): void {
  const [rows, depth] = inputs.shape as [number, number];
  const transposed = transpose(backend, samples);
  product(backend, {
    key: 'sampledScores',
    ...{rows, columns: samples.shape[0]!, depth},
    inputs: {inputs, transposed},
    outputs: {logits},
    ...rowMajor('inputs', depth),
    matrix: 'transposed',
    store: 'logits[row * (uniforms.columns + 1) + 1 + column] = value;',
  });
  backend.disposeData(transposed.dataId);
}

function backward(call: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): TensorInfo[] {
  const {inputs, targets, samples} = call.inputs;
  const gradients = [inputs, targets, samples].map(({shape}) => output(call.backend, shape)) as Three;
  (isLarge(call.inputs) ? differentiateByProducts : differentiate)(call, gradients);
  return gradients;
}

type Three = [ofInputs: TensorInfo, ofTargets: TensorInfo, ofSamples: TensorInfo];

/** Records the gradients of inputs and samples as products, of the targets beside the first. */
function differentiateByProducts(
  {inputs: {inputs, targets, samples, gradient}, backend}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>,
  [ofInputs, ofTargets, ofSamples]: Three,
): void {
  const [batch, columns] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  product(backend, {
    key: 'sampledGradientOfInputs',
    ...{rows: batch, columns, depth: count},
    inputs: {inputs, targets, samples, gradient},
    outputs: {ofInputs, ofTargets},
    left: (row, k) => `gradient[(${row}) * (uniforms.depth + 1) + 1 + ${k}]`,
    matrix: 'samples',
    store: `let index = row * uniforms.columns + column;
      let own = gradient[row * (uniforms.depth + 1)];
      ofInputs[index] = value + own * targets[index];
      ofTargets[index] = own * inputs[index];`,
  });
  product(backend, {
    key: 'sampledGradientOfSamples',
    ...{rows: count, columns, depth: batch},
    inputs: {inputs, gradient},
    outputs: {ofSamples},
    left: (row, k) => `gradient[${k} * (uniforms.rows + 1) + 1 + ${row}]`,
    matrix: 'inputs',
    store: 'ofSamples[row * uniforms.columns + column] = value;',
  });
}

/** Records all three in one dispatch. */
function differentiate(
  {inputs: {inputs, targets, samples, gradient}, backend}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>,
  [ofInputs, ofTargets, ofSamples]: Three,
): void {
  const [batch, width] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  const {lanes, element} = vectorOf(width);
  dispatch(backend, {
    key: `sampledLogitsGradient/${element}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      let row = index / uniforms.width;
      let column = index % uniforms.width;
      let columns = 1 + uniforms.count;
      if (row < uniforms.batch) {
        let own = gradient[row * columns];
        var sum = own * targets[index];
        for (var k = 0u; k < uniforms.count; k++) {
          sum += gradient[row * columns + 1 + k] * samples[k * uniforms.width + column];
        }
        ofInputs[index] = sum;
        ofTargets[index] = own * inputs[index];
      } else if (row < uniforms.batch + uniforms.count) {
        let k = row - uniforms.batch;
        var sum = ${element}(0);
        for (var b = 0u; b < uniforms.batch; b++) {
          sum += gradient[b * columns + 1 + k] * inputs[b * uniforms.width + column];
        }
        ofSamples[k * uniforms.width + column] = sum;
      }
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil(((batch + count) * width) / lanes / 64)},
    inputs: {inputs, targets, samples, gradient},
    outputs: {ofInputs, ofTargets, ofSamples},
    integers: {batch, count, width: width / lanes},
    vectors: lanes === 4 ? ['inputs', 'targets', 'samples', 'ofInputs', 'ofTargets', 'ofSamples'] : [],
  });
}

export const sampledLogitsWebGPU = [
  {kernelName: 'SampledLogits', backendName: 'webgpu', kernelFunc: forward},
  {kernelName: 'SampledLogitsGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as KernelConfig[];
