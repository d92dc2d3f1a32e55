import {add, concat, fill, type Tensor1D, zeros} from '@tensorflow/tfjs-core';

/** The bias [4H] with `by` added to the part of gate f. A shift by a constant: the gradient is that of the bias. */
export function addToForgetGate(bias: Tensor1D, by: number): Tensor1D {
  const hiddenSize = bias.shape[0] / 4;
  return add(bias, concat([zeros([hiddenSize]), fill([hiddenSize], by), zeros([2 * hiddenSize])]));
}
