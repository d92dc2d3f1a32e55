import {mul, type Tensor, tensor} from '@tensorflow/tfjs-core';
import type {DropoutInputs} from './dropout';
import {maskOf} from './mask';

/** The readable truth of `dropout`: a product with a mask that the host makes. */
export function dropoutReference({x, rate, seed}: DropoutInputs): Tensor {
  return mul(x, tensor(maskOf(x.size, {rate, seed}), x.shape));
}
