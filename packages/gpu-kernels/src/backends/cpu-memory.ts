import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/** The members of tfjs-backend-cpu that our kernels use. */
export interface CPUBackend extends KernelBackend {
  data: {get(dataId: object): {values: Float32Array | Int32Array}};
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array | Int32Array): TensorInfo;
}

/** The values of a float32 tensor: the backend's own array, not a copy. */
export function floats(backend: CPUBackend, tensor: TensorInfo): Float32Array {
  return backend.data.get(tensor.dataId).values as Float32Array;
}

/** The values of an int32 tensor: the backend's own array, not a copy. */
export function integers(backend: CPUBackend, tensor: TensorInfo): Int32Array {
  return backend.data.get(tensor.dataId).values as Int32Array;
}

/** A new float32 tensor over `values`. */
export function output(backend: CPUBackend, shape: number[], values: Float32Array): TensorInfo {
  return backend.makeTensorInfo(shape, 'float32', values);
}
