import {type LSTMState, lstm} from '@gatefold/gpu-kernels';
import {expandDims, type Tensor1D, type Tensor2D, type Tensor3D, tidy} from '@tensorflow/tfjs-core';
import type {LSTMCell} from './lstm-cell';

/** All four gates side by side in one pair of matrices, in the order input, forget, candidate, output. */
export interface FusedGates {
  /** `[I, 4H]` */
  kernel: Tensor2D;
  /** `[H, 4H]` */
  recurrentKernel: Tensor2D;
  /** `[4H]` */
  bias: Tensor1D;
}

/**
 * An LSTM cell whose four gates are one product: the second form of the classic exercise, with the same numbers as
 * `SeparateGatesCell`. For whole sequences call `lstm` of @gatefold/gpu-kernels, which this runs for a single step.
 *
 * @example const state = new FusedGatesCell(fuseGates(gates)).step(x, {hidden, cell});
 */
export class FusedGatesCell implements LSTMCell {
  readonly inputSize: number;
  readonly hiddenSize: number;

  /** @param gates the weights; they stay the caller's. */
  constructor(readonly gates: FusedGates) {
    this.inputSize = gates.kernel.shape[0];
    this.hiddenSize = gates.recurrentKernel.shape[0];
  }

  step(x: Tensor2D, initialState: LSTMState): LSTMState {
    return tidy(() => lstm({x: expandDims(x, 0) as Tensor3D, ...this.gates, initialState}).finalState);
  }
}
