// The scores of a sampled softmax on WebGPU: one dispatch forward, a lane a score; one backward, a lane a value of any of
// the three gradients. Sampled batches are small: what counts is how few dispatches there are. Rows are read four values at
// a time where they are that even.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {dispatch, output, type WebGPUBackend} from '../backends/webgpu-dispatch';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WebGPUBackend;
}

/** How many values are read at once, and their type in WGSL. */
function vectorOf(width: number): {lanes: number; element: string} {
  return width % 4 === 0 ? {lanes: 4, element: 'vec4<f32>'} : {lanes: 1, element: 'f32'};
}

function forward({inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>): TensorInfo {
  const [batch, width] = inputs.shape as [number, number];
  const columns = 1 + samples.shape[0]!;
  const {lanes, element} = vectorOf(width);
  const logits = output(backend, [batch, columns]);
  dispatch(backend, {
    key: `sampledLogits/${element}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      if (index >= uniforms.size) { return; }
      let own = index / uniforms.columns * uniforms.width;
      let column = index % uniforms.columns;
      var sums = ${element}(0);
      if (column == 0) {
        for (var at = 0u; at < uniforms.width; at++) { sums += inputs[own + at] * targets[own + at]; }
      } else {
        let other = (column - 1) * uniforms.width;
        for (var at = 0u; at < uniforms.width; at++) { sums += inputs[own + at] * samples[other + at]; }
      }
      logits[index] = ${lanes === 4 ? 'dot(sums, vec4<f32>(1))' : 'sums'};
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil((batch * columns) / 64)},
    inputs: {inputs, targets, samples},
    outputs: {logits},
    integers: {size: batch * columns, columns, width: width / lanes},
    vectors: lanes === 4 ? ['inputs', 'targets', 'samples'] : [],
  });
  return logits;
}

function backward({
  inputs: {inputs, targets, samples, gradient},
  backend,
}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): TensorInfo[] {
  const [batch, width] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  const [ofInputs, ofTargets, ofSamples] = [inputs, targets, samples].map(({shape}) => output(backend, shape)) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
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
  return [ofInputs, ofTargets, ofSamples];
}

export const sampledLogitsWebGPU = [
  {kernelName: 'SampledLogits', backendName: 'webgpu', kernelFunc: forward},
  {kernelName: 'SampledLogitsGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as KernelConfig[];
