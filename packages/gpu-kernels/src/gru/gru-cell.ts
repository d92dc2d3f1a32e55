import {type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import {asOneStep} from '../sequence/as-one-step';
import {expectStep, type StepOfSequence} from '../sequence/expect-step';
import {type GRUInputs, gru} from './gru';

export interface GRUCellInputs extends StepOfSequence, Pick<GRUInputs, 'kernel' | 'recurrentKernel' | 'bias'> {
  /** `[B, H]`: the hidden state before the step. */
  state: Tensor2D;
}

/**
 * One step of `gru`, for loops of one's own: when text is generated, or where what comes next depends on what came out.
 * Over a whole sequence `gru` is several times as fast.
 *
 * @returns `[B, H]`: the state after the step, which is also its output; the caller disposes of it.
 * @throws ShapeError, IdRangeError as `gru` does.
 * @example
 * const state = gruCell({x: tf.tensor1d([3], 'int32'), state: before, kernel, recurrentKernel, bias});
 */
export function gruCell({x, state, candidateMask, ...weights}: GRUCellInputs): Tensor2D {
  expectStep('gruCell', {x, candidateMask});
  return tidy(() => {
    const mask = candidateMask && {candidateMask: asOneStep(candidateMask) as GRUInputs['candidateMask']};
    return gru({...weights, ...mask, x: asOneStep(x), initialState: state}).finalState;
  });
}
