import type {LSTMState} from '@gatefold/gpu-kernels';
import type {Tensor2D} from '@tensorflow/tfjs-core';

/** One step of an LSTM, whatever the form its weights are kept in. */
export interface LSTMCell {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /**
   * @param x `[B, I]` float32.
   * @param state `hidden` and `cell`, `[B, H]` each.
   * @returns the new state; its `hidden` is the cell's output. The caller disposes of it.
   * @throws ShapeError where a shape does not fit.
   */
  step(x: Tensor2D, state: LSTMState): LSTMState;
}
