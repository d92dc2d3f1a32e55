import {type Direction, gru, lstm} from '@gatefold/gpu-kernels';
import type {Tensor1D, Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';

interface LayerInputs {
  /** `[T, B, I]` */
  x: Tensor3D;
  kernel: Tensor2D;
  recurrentKernel: Tensor2D;
  bias: Tensor1D;
  /** `[B, H]` each, in tfjs's order; left out where they are zeros. */
  initialStates?: Tensor2D[];
  /** `[B]` int32, where sequences end early. */
  lengths?: Tensor1D;
  direction: Direction;
}

interface LayerResult {
  /** `[T, B, H]` */
  outputs: Tensor3D;
  /** `[B, H]` each, the output of the last step first. */
  finalStates: Tensor2D[];
}

/** A recurrent operation with its states in a list, as tfjs's layers have them. */
export type OverTime = (inputs: LayerInputs) => LayerResult;

/** By the name of tfjs's class. Gates lie in the same order in tfjs's weights and in ours. */
export const overTime: Record<'LSTM' | 'GRU', OverTime> = {
  LSTM: ({initialStates, ...inputs}) => {
    const [hidden, cell] = initialStates ?? [];
    const {outputs, finalState} = lstm({...inputs, ...(hidden && cell && {initialState: {hidden, cell}})});
    return {outputs, finalStates: [finalState.hidden, finalState.cell]};
  },
  GRU: ({initialStates, ...inputs}) => {
    const {outputs, finalState} = gru({...inputs, initialState: initialStates?.[0]});
    return {outputs, finalStates: [finalState]};
  },
};
