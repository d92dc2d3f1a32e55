import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import {expectShape} from '../errors/expect-shape';

export interface LSTMWeights {
  /** `[I, 4H]`, the gates side by side in the order i, f, c, o. */
  kernel: Tensor2D;
  /** `[H, 4H]`, gate order as in `kernel`. */
  recurrentKernel: Tensor2D;
  /** `[4H]`, gate order as in `kernel`. */
  bias: Tensor1D;
  /** Added to the bias of gate f: 1 lets a fresh network remember (Jozefowicz et al. 2015). Default 0. */
  forgetBias?: number;
}

/** Throws where the weights of an LSTM do not fit each other; gives the sizes they imply. */
export function expectWeights(
  operation: string,
  {kernel, recurrentKernel, bias, forgetBias = 0}: LSTMWeights,
): {inputSize: number; hiddenSize: number} {
  expectShape(operation, 'recurrentKernel', recurrentKernel, {shape: ['H', '4H'], dtype: 'float32'});
  const hiddenSize = recurrentKernel.shape[0];
  expectShape(operation, 'recurrentKernel', recurrentKernel, {shape: [hiddenSize, 4 * hiddenSize], dtype: 'float32'});
  expectShape(operation, 'kernel', kernel, {shape: ['I', 4 * hiddenSize], dtype: 'float32'});
  expectShape(operation, 'bias', bias, {shape: [4 * hiddenSize], dtype: 'float32'});
  if (!Number.isFinite(forgetBias)) {
    throw new RangeError(`${operation}: forgetBias is ${forgetBias}, expected a finite number, such as 1.`);
  }
  return {inputSize: kernel.shape[0], hiddenSize};
}
