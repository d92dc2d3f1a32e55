import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/** A backend whose tensors the host can read and make: the memory of tfjs-backend-cpu, the textures of tfjs-backend-webgl. */
export interface HostBackend extends KernelBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array | Int32Array): TensorInfo;
}

/** The members of tfjs-backend-cpu that our kernels use. */
export interface CPUBackend extends HostBackend {
  data: {get(dataId: object): {values: Float32Array | Int32Array}};
}

/** The values of a float32 tensor: on cpu the backend's own array, on webgl read from its texture, which waits for it. */
export function read(backend: HostBackend, {dataId}: TensorInfo): Float32Array {
  return backend.readSync(dataId) as Float32Array;
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
export function output(backend: HostBackend, shape: number[], values: Float32Array): TensorInfo {
  return backend.makeTensorInfo(shape, 'float32', values);
}
