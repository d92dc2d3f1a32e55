import {type GRUInputs, gru} from '@gatefold/gpu-kernels';
import type {Tensor2D} from '@tensorflow/tfjs-core';
import {type InDirections, type StackedInputs, type StackedResult, stackedLayers} from './stacked-layers';

/** The weights of one direction: `[I, 3H]`, `[H, 3H]` and `[3H]`. */
export type GRUDirection = Pick<GRUInputs, 'kernel' | 'recurrentKernel' | 'bias'>;
export type GRULayerWeights = InDirections<GRUDirection>;
/** What a layer remembers, `[B, H]` in each of its directions. */
export type GRULayerState = InDirections<Tensor2D>;
export interface StackedGRUInputs extends StackedInputs<GRUDirection, Tensor2D> {}
export type StackedGRUResult = StackedResult<Tensor2D>;

/**
 * Runs GRU layers one over the other, each in one direction or in both, as `stackedLSTM` does LSTM layers. The reset gate acts
 * before the product, as in `gru`: layers of Keras with `reset_after=False` fit, those of PyTorch do not.
 *
 * @returns `outputs` and the final states; the caller disposes of them.
 * @throws RangeError where `layers` is empty. ShapeError, RangeError, IdRangeError as `gru` of @gatefold/gpu-kernels does.
 * @example // One layer in both directions, of Keras's Bidirectional(GRU(H, reset_after=False, name='gru')).
 * const [forward, backward] = ['forward_gru', 'backward_gru'].map((name) => recurrentFromKeras(tensors, name));
 * const {outputs, finalStates} = stackedGRU({x, lengths, layers: [{forward, backward}]}); // [T, B, 2H]
 *
 * Cost: that of `gru` for each layer and direction, and a copy of the outputs of a bidirectional layer.
 * Source: Schuster & Paliwal 1997; Cho et al. 2014 (arXiv 1406.1078).
 */
export function stackedGRU(inputs: StackedGRUInputs): StackedGRUResult {
  return stackedLayers('stackedGRU', gru, inputs);
}
