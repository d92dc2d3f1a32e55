// Dropout in plain JavaScript.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, output} from '../backends/cpu-memory';
import type {DropoutOptions} from './dropout';
import {maskOf} from './mask';

interface Call {
  inputs: {x: TensorInfo};
  attrs: DropoutOptions;
  backend: CPUBackend;
}

function forward({inputs: {x}, attrs, backend}: Call): TensorInfo {
  const values = floats(backend, x);
  const result = maskOf(values.length, attrs);
  for (let index = 0; index < values.length; index++) result[index]! *= values[index]!;
  return output(backend, x.shape, result);
}

export const dropoutCPU = [
  {kernelName: 'Dropout', backendName: 'cpu', kernelFunc: forward},
] as unknown as KernelConfig[];
