import {getBackend, getKernel, type Tensor, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {linearWithGradient} from './gradient';
import {linearReference} from './reference';

export interface LinearInputs {
  /** `[..., I]` float32; every leading axis is kept. */
  x: Tensor;
  /** `[I, O]` float32. */
  kernel: Tensor2D;
  /** `[O]` float32. */
  bias: Tensor1D;
}

/**
 * `x W + b` over the last axis of `x`, with a gradient that never runs tfjs's transposed products, which on wasm and cpu
 * are an order of magnitude slower than plain ones.
 *
 * @returns `[..., O]` float32.
 * @throws ShapeError where the last axis of `x` is not `kernel.shape[0]`, or a dtype is not float32.
 * @example const logits = linear({x: outputs, kernel, bias}); // [T, B, H] -> [T, B, V]
 *
 * Cost: 2·N·I·O flops for N rows, twice that backward.
 */
export function linear({x, kernel, bias}: LinearInputs): Tensor {
  expectShape('linear', 'kernel', kernel, {shape: ['I', 'O'], dtype: 'float32'});
  const [inputSize, outputSize] = kernel.shape;
  expectShape('linear', 'bias', bias, {shape: [outputSize], dtype: 'float32'});
  if (x?.dtype !== 'float32' || x.isDisposed || x.shape.at(-1) !== inputSize) {
    throw new ShapeError(`linear: x is ${describeTensor(x)}, expected float32 [..., ${inputSize}].`);
  }
  registerKernels();
  const run = getKernel('Linear', getBackend()) ? linearWithGradient : linearReference;
  return tidy(() => run({x, kernel, bias}));
}
