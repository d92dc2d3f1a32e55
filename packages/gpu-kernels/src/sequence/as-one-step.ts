import {reshape, type Tensor} from '@tensorflow/tfjs-core';
import {reshaped} from '../recorded/reshaped';

/** `[B, ...]` as the only step `[1, B, ...]` of a sequence. */
export function asOneStep<OneStep extends Tensor>(tensor: Tensor): OneStep {
  const shape = [1, ...tensor.shape];
  return tensor.dtype === 'float32' ? reshaped(tensor, shape) : (reshape(tensor, shape) as OneStep);
}
