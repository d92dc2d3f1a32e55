import {type LSTMState, lstm, projectedLSTM} from '@gatefold/gpu-kernels';
import type {Tensor2D} from '@tensorflow/tfjs-core';
import type {FusedGates} from '../cell/fused-gates-cell';
import {type InDirections, type StackedInputs, type StackedResult, stackedLayers} from './stacked-layers';

/** The weights of one direction; with a `projection [H, P]` the recurrent kernel is `[P, 4H]`. */
export interface LSTMDirection extends FusedGates {
  projection?: Tensor2D;
}

export type LSTMLayerWeights = InDirections<LSTMDirection>;
/** What a layer remembers, in each of its directions. Where there is a projection, `hidden` is what it projects. */
export type LSTMLayerState = InDirections<LSTMState>;
export interface StackedLSTMInputs extends StackedInputs<LSTMDirection, LSTMState> {}
export type StackedLSTMResult = StackedResult<LSTMState>;

/**
 * Runs LSTM layers one over the other, each in one direction or in both: `torch.nn.LSTM` with `num_layers`, `bidirectional`,
 * `dropout`, `proj_size` and packed sequences (`lengths`). Differentiable, a kernel a layer and direction.
 *
 * @returns `outputs` and the final states; the caller disposes of them.
 * @throws RangeError where `layers` is empty. ShapeError, RangeError, IdRangeError as `lstm` of @gatefold/gpu-kernels does.
 * @example // Tags for words of sentences of 7 and 5: what stands before each and what stands behind it.
 * const {outputs} = stackedLSTM({x, lengths: tf.tensor1d([7, 5], 'int32'), layers: lstmFromPyTorch(tensors)});
 * const tags = linear({x: outputs, kernel, bias}); // [T, B, tags]
 *
 * Cost: that of `lstm` for each layer and direction, and a copy of the outputs of a bidirectional layer.
 * Source: Schuster & Paliwal 1997; Graves et al. 2013 (arXiv 1303.5778).
 */
export function stackedLSTM(inputs: StackedLSTMInputs): StackedLSTMResult {
  return stackedLayers(
    'stackedLSTM',
    ({projection, ...layer}) => (projection ? projectedLSTM({...layer, projection}) : lstm(layer)),
    inputs,
  );
}
