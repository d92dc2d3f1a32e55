// Dropout on tfjs-backend-webgl: the hash of random/hash.ts in the unsigned integers of GLSL ES 3.0.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {planes, run, type WebGLBackend} from '../backends/webgl-program';
import {keyOf} from '../random/hash';
import type {DropoutOptions} from './dropout';
import {thresholdOf} from './mask';

function forward({
  inputs: {x},
  attrs: {rate, seed},
  backend,
}: {
  inputs: {x: TensorInfo};
  attrs: DropoutOptions;
  backend: WebGLBackend;
}): TensorInfo {
  const [, rows, columns] = planes(x.shape);
  return run(backend, {
    inputs: {x},
    shape: x.shape,
    integers: {key: keyOf(seed), threshold: thresholdOf(rate) | 0}, // their bits; uniforms have a sign
    floats: {scale: 1 / (1 - rate)},
    code: `
      uint mix32(uint bits) {
        bits = (bits ^ (bits >> 16u)) * 0x7feb352du;
        bits = (bits ^ (bits >> 15u)) * 0x846ca68bu;
        return bits ^ (bits >> 16u);
      }
      float value(int plane, int row, int column) {
        uint index = uint((plane * ${rows} + row) * ${columns} + column);
        bool stays = mix32(mix32(index) ^ uint(key)) >= uint(threshold);
        return xAt(plane, row, column) * (stays ? scale : 0.0);
      }`,
  });
}

export const dropoutWebGL = [
  {kernelName: 'Dropout', backendName: 'webgl', kernelFunc: forward},
] as unknown as KernelConfig[];
