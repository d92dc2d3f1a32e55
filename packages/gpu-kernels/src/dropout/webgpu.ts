// Dropout on WebGPU: the hash of random/hash.ts in the shader, for four values in a row where there are whole fours, because a
// load costs more than the hash (docs/decisions/0010).
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
  const size = sizeOf(x);
  const inFours = size % 4 === 0;
  const count = inFours ? size / 4 : size;
  dispatch(backend, {
    key: `dropout/${inFours ? 4 : 1}`,
    code: () => `
      ${hashCode}
      fn mask(index: u32) -> f32 {
        return select(0.0, uniforms.scale, mix(mix(index) ^ uniforms.key) >= uniforms.threshold);
      }
      fn run(group: u32, lane: u32) {
        let index = group * ${lanes} + lane;
        if (index >= uniforms.count) { return; }
        thinned[index] = x[index] * ${
          inFours ? `vec4(${[0, 1, 2, 3].map((place) => `mask(4 * index + ${place})`).join(', ')})` : 'mask(index)'
        };
      }`,
    vectors: inFours ? ['x', 'thinned'] : [],
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
