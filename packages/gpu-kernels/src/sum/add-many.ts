// The sum of more tensors than a shader may bind, which tfjs-backend-webgpu asks of one all the same (docs/upstream).
import type {KernelFunc, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';
import {tensorLimit, type WebGPUBackend} from '../backends/webgpu-dispatch';

function around(stock: KernelFunc): KernelFunc {
  return ({inputs, attrs, ...call}) => {
    const backend = call.backend as WebGPUBackend;
    const add = (tensors: TensorInfo[]) =>
      stock({inputs: tensors as unknown as NamedTensorInfoMap, attrs, backend}) as TensorInfo;
    const tensors = inputs as unknown as TensorInfo[];
    const most = tensorLimit(backend) - 1; // one is the sum
    let sum = add(tensors.slice(0, most));
    for (let next = most; next < tensors.length; next += most - 1) {
      const before = sum;
      sum = add([before, ...tensors.slice(next, next + most - 1)]);
      backend.disposeData(before.dataId);
    }
    return sum;
  };
}

export const addMany: KernelReplacement[] = [{kernelName: 'AddN', backendName: 'webgpu', around}];
