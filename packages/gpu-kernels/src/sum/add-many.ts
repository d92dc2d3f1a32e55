// The sum of more tensors than a shader may read. tfjs-backend-webgpu asks it of one all the same, and tfjs-backend-webgl
// forgets the parts that it adds up on the way (docs/upstream).
import {
  env,
  type KernelBackend,
  type KernelFunc,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';
import {tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';

const inParts =
  (mostOf: (backend: KernelBackend) => number) =>
  (stock: KernelFunc): KernelFunc =>
  ({inputs, attrs, ...call}) => {
    const backend = call.backend as KernelBackend;
    // The inputs of AddN, alone of all kernels, are an array; the type of a kernel knows records only.
    const add = (tensors: TensorInfo[]) =>
      stock({inputs: tensors as unknown as NamedTensorInfoMap, attrs, backend}) as TensorInfo;
    const tensors = inputs as unknown as TensorInfo[];
    const most = mostOf(backend);
    let sum = add(tensors.slice(0, most));
    for (let next = most; next < tensors.length; next += most - 1) {
      const before = sum;
      sum = add([before, ...tensors.slice(next, next + most - 1)]);
      backend.disposeData(before.dataId);
    }
    return sum;
  };

export const addMany: KernelReplacement[] = [
  // One of those that a shader binds is the sum.
  {kernelName: 'AddN', backendName: 'webgpu', around: inParts((gpu) => tensorLimit(gpu as WebGPUBackend) - 1)},
  {kernelName: 'AddN', backendName: 'webgl', around: inParts(() => env().getNumber('WEBGL_MAX_TEXTURES_IN_SHADER'))},
];
