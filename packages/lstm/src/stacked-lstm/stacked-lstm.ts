import {concatenate, dropout, type LSTMState, lstm, projectedLSTM, type SequenceInputs} from '@gatefold/gpu-kernels';
import {type Tensor2D, type Tensor3D, tidy} from '@tensorflow/tfjs-core';
import type {FusedGates} from '../cell/fused-gates-cell';

/** The weights of one direction; with a `projection [H, P]` the recurrent kernel is `[P, 4H]`. */
export interface LSTMDirection extends FusedGates {
  projection?: Tensor2D;
}

/**
 * One layer; `backward` is the other direction of a bidirectional one. A layer reads all that the one below it puts out: H
 * numbers, P where it is projected, twice as many where it has both directions.
 */
export interface LSTMLayerWeights {
  forward: LSTMDirection;
  backward?: LSTMDirection;
}

/** What a layer remembers, in each of its directions. */
export type LSTMLayerState = {forward: LSTMState; backward?: LSTMState};

export interface StackedLSTMInputs extends Pick<SequenceInputs, 'x' | 'lengths'> {
  /** From the input up. */
  layers: readonly LSTMLayerWeights[];
  /** One a layer; zeros where they are left out. */
  initialStates?: readonly LSTMLayerState[];
  /** Dropout of the outputs of every layer but the last, in training: the part dropped, and a seed of this call. */
  dropout?: {rate: number; seed: number};
}

export type StackedLSTMResult = {
  /** `[T, B, H]` of the last layer, or P, or twice as many: forward, then backward. Zeros in the padding. */
  outputs: Tensor3D;
  /** One a layer. Where there is a projection, `hidden` is what it projects. */
  finalStates: LSTMLayerState[];
};

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
export function stackedLSTM({
  x,
  lengths,
  layers,
  initialStates,
  dropout: thinning,
}: StackedLSTMInputs): StackedLSTMResult {
  if (layers.length === 0) throw new RangeError('stackedLSTM: layers is empty, expected at least one.');
  return tidy(() => {
    let read = x;
    const finalStates = layers.map((directions, layer): LSTMLayerState => {
      const state = initialStates?.[layer];
      const run = (direction: 'forward' | 'backward', {projection, ...weights}: LSTMDirection) => {
        const inputs = {x: read, lengths, direction, initialState: state?.[direction], ...weights};
        return projection ? projectedLSTM({...inputs, projection}) : lstm(inputs);
      };
      const forward = run('forward', directions.forward);
      const backward = directions.backward && run('backward', directions.backward);
      const outputs = backward ? concatenate([forward.outputs, backward.outputs], 2) : forward.outputs;
      const isLast = layer === layers.length - 1;
      read =
        thinning && !isLast
          ? (dropout({
              x: outputs,
              rate: thinning.rate,
              seed: (thinning.seed + Math.imul(layer, 0x85ebca6b)) | 0,
            }) as Tensor3D)
          : outputs;
      return {forward: forward.finalState, ...(backward && {backward: backward.finalState})};
    });
    return {outputs: read as Tensor3D, finalStates};
  });
}
