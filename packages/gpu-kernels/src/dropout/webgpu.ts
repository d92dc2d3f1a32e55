// Dropout on WebGPU: the hash of random/hash.ts in the shader.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {keyOf} from '../random/hash';
import {hashCode} from '../random/webgpu';
import type {DropoutOptions} from './dropout';
import {thresholdOf} from './mask';

const lanes = 64;

function forward({
  inputs: {x},
  attrs: {rate, seed},
  backend,
}: {
  inputs: {x: TensorInfo};
  attrs: DropoutOptions;
  backend: WebGPUBackend;
}): TensorInfo {
  const thinned = output(backend, x.shape);
  const count = sizeOf(x);
  dispatch(backend, {
    key: 'dropout',
    code: () => `
      ${hashCode}
      fn run(group: u32, lane: u32) {
        let index = group * ${lanes} + lane;
        if (index >= uniforms.count) { return; }
        let stays = mix(mix(index) ^ uniforms.key) >= uniforms.threshold;
        thinned[index] = x[index] * select(0.0, uniforms.scale, stays);
      }`,
    ...{workgroupSize: lanes, workgroups: Math.ceil(count / lanes)},
    inputs: {x},
    outputs: {thinned},
    integers: {count, key: keyOf(seed) >>> 0, threshold: thresholdOf(rate) >>> 0},
    floats: {scale: 1 / (1 - rate)},
  });
  return thinned;
}

export const dropoutWebGPU = [
  {kernelName: 'Dropout', backendName: 'webgpu', kernelFunc: forward},
] as unknown as KernelConfig[];
