import {tidy} from '@tensorflow/tfjs-core';
import {asOneStep} from '../sequence/as-one-step';
import {expectStep, type StepOfSequence} from '../sequence/expect-step';
import {type LSTMInputs, type LSTMState, lstm} from './lstm';

export interface LSTMCellInputs
  extends StepOfSequence,
    Pick<LSTMInputs, 'kernel' | 'recurrentKernel' | 'bias' | 'forgetBias'> {
  /** The state before the step. */
  state: LSTMState;
}

/**
 * One step of `lstm`, for loops of one's own: when text is generated, or where what comes next depends on what came out.
 * Over a whole sequence `lstm` is several times as fast.
 *
 * @returns the state after the step; its `hidden [B, H]` is the output. The caller disposes of the two tensors.
 * @throws ShapeError, RangeError, IdRangeError as `lstm` does.
 * @example
 * const state = lstmCell({x: tf.tensor1d([3], 'int32'), state: before, kernel, recurrentKernel, bias});
 */
export function lstmCell({x, state, candidateMask, ...weights}: LSTMCellInputs): LSTMState {
  expectStep('lstmCell', {x, candidateMask});
  return tidy(() => {
    const mask = candidateMask && {candidateMask: asOneStep(candidateMask) as LSTMInputs['candidateMask']};
    return lstm({...weights, ...mask, x: asOneStep(x), initialState: state}).finalState;
  });
}
