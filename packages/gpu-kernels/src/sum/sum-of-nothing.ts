// The sum over an axis without elements, on which tfjs-backend-webgl and tfjs-backend-webgpu fail, and of which
// tfjs-backend-wasm gives whatever lies in the memory (docs/upstream).
import {
  backend_util,
  type KernelBackend,
  type KernelFunc,
  sumOutType,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';

function around(stock: KernelFunc): KernelFunc {
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    if (!x.shape.includes(0)) return stock(call);
    const {axis, keepDims} = call.attrs as {axis: number | number[] | null; keepDims: boolean};
    const axes = util.parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape);
    const [outer] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = keepDims ? backend_util.expandShapeToKeepDim(outer, axes) : outer;
    const dtype = sumOutType(x.dtype);
    const zeros = util.makeZerosTypedArray(util.sizeFromShape(shape), dtype) as Float32Array;
    return {dataId: (call.backend as KernelBackend).write(zeros, shape, dtype), shape, dtype};
  };
}

export const sumOfNothing: KernelReplacement[] = ['wasm', 'webgl', 'webgpu'].map((backendName) => ({
  kernelName: 'Sum',
  backendName,
  around,
}));
