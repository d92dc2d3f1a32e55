// `tf.basicLSTMCell` has its gates in the order i, c, f, o (its documents say i, j, f, o), W over R in one matrix, and a
// forget bias beside the bias.
import {addToForgetGate, ShapeError} from '@gatefold/gpu-kernels';
import {concat, slice, split, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {FusedGates} from '../cell/fused-gates-cell';

/** What `tf.basicLSTMCell` takes beside its input and state. */
export interface BasicCellWeights {
  /** `[I + H, 4H]`, gates in the order i, c, f, o. */
  kernel: Tensor2D;
  /** `[4H]`, gate order as in `kernel`. */
  bias: Tensor1D;
  /** Added to the bias of gate f at every step. Default 0. */
  forgetBias?: number;
}

/** Columns, or a bias, with the second and the third gate in each other's places; its own inverse. */
function exchangeGates<Weights extends Tensor1D | Tensor2D>(weights: Weights): Weights {
  const axis = weights.rank - 1;
  const [first, second, third, fourth] = split(weights, 4, axis) as [Weights, Weights, Weights, Weights];
  return concat([first, third, second, fourth] as Tensor2D[], axis) as Weights;
}

/**
 * The weights of `tf.basicLSTMCell` as `lstm` takes them, the forget bias within the bias. The tensors are new; the caller
 * disposes of both.
 *
 * @throws ShapeError where the kernel is not `[I + H, 4H]` for the H of the bias.
 * @example const {outputs} = lstm({x, ...lstmFromBasicCell({kernel, bias, forgetBias: 1})});
 */
export function lstmFromBasicCell({kernel, bias, forgetBias = 0}: BasicCellWeights): FusedGates {
  const hiddenSize = bias.shape[0] / 4;
  const inputSize = kernel.shape[0] - hiddenSize;
  if (!Number.isInteger(hiddenSize) || kernel.shape[1] !== bias.shape[0] || inputSize < 1) {
    throw new ShapeError(
      `lstmFromBasicCell: kernel is [${kernel.shape.join(', ')}] and bias [${bias.shape.join(', ')}], ` +
        'expected [I + H, 4H] and [4H].',
    );
  }
  return tidy(() => {
    const ordered = exchangeGates(kernel);
    return {
      kernel: slice(ordered, [0, 0], [inputSize, 4 * hiddenSize]),
      recurrentKernel: slice(ordered, [inputSize, 0], [hiddenSize, 4 * hiddenSize]),
      bias: addToForgetGate(exchangeGates(bias), forgetBias),
    };
  });
}

/**
 * The weights of an LSTM as `tf.basicLSTMCell` takes them, with a forget bias of 0: one that is given apart must be added to
 * the bias first, as `LanguageModel.layers()` does. The tensors are new; the caller disposes of both.
 *
 * @example
 * const {kernel, bias} = lstmToBasicCell(weights);
 * const [cell, hidden] = tf.basicLSTMCell(tf.scalar(0), kernel, bias, x, state.cell, state.hidden);
 */
export function lstmToBasicCell({kernel, recurrentKernel, bias}: FusedGates): {kernel: Tensor2D; bias: Tensor1D} {
  return tidy(() => ({
    kernel: exchangeGates(concat([kernel, recurrentKernel], 0)),
    bias: exchangeGates(bias),
  }));
}
