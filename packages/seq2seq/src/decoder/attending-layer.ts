import {
  type AttentionKind,
  type AttentionLSTMResult,
  asOneStep,
  attention,
  attentionLSTM,
  concatenate,
  gruCell,
  linear,
  stepsOf,
} from '@gatefold/gpu-kernels';
import {type Tensor1D, type Tensor2D, type Tensor3D, zeros} from '@tensorflow/tfjs-core';
import type {Memory} from '../encoder/encode';
import type {CellKind, RecurrentLayerInputs, RecurrentState} from '../recurrent-layer/recurrent-layer';

export type AttendingState = RecurrentState & {
  /** `[B, E]`: what the last step has found; zeros where it is left out. */
  context?: Tensor2D;
};

export interface AttendingLayerInputs extends Omit<RecurrentLayerInputs, 'lengths' | 'direction' | 'initialState'> {
  /** `[E, G H]` */
  contextKernel: Tensor2D;
  /** `[H, H]`; without it the hidden state asks. */
  queryKernel?: Tensor2D;
  memory: Memory;
  kind: AttentionKind;
  scoreVector?: Tensor1D;
  scale?: number;
  initialState: AttendingState;
}

export type AttendingLayerResult = Omit<AttentionLSTMResult, 'finalState'> & {finalState: AttendingState};

/** The layer at the bottom of a decoder: attends at every step, and is fed at the next what it has found. */
export function attendingLayer(cell: CellKind, inputs: AttendingLayerInputs): AttendingLayerResult {
  if (cell === 'gru') return attendingGRU(inputs);
  const {memory, initialState, ...main} = inputs;
  const {hidden, cell: cellState, context} = initialState;
  return attentionLSTM({...main, ...memory, initialState: {hidden, cell: cellState!, context}});
}

/** The same of a GRU, step by step: there is no kernel for it. */
function attendingGRU(inputs: AttendingLayerInputs): AttendingLayerResult {
  const {x, recurrentKernel, bias, queryKernel, memory, kind, scoreVector, scale, initialState} = inputs;
  const {hidden: before, context = zeros([before.shape[0], memory.values.shape[2]])} = initialState;
  const noBias = zeros([recurrentKernel.shape[0]]) as Tensor1D;
  const kernel = concatenate([inputs.kernel, inputs.contextKernel], 0);
  let state = {hidden: before, context: context as Tensor2D};
  const steps = stepsOf<Tensor2D>(x).map((input) => {
    const fed = concatenate([input, state.context], 1);
    const hidden = gruCell({x: fed, kernel, recurrentKernel, bias, state: state.hidden});
    const query = asOneStep<Tensor3D>(queryKernel ? linear({x: hidden, kernel: queryKernel, bias: noBias}) : hidden);
    const found = attention({query, ...memory, kind, scoreVector, scale});
    state = {hidden, context: stepsOf<Tensor2D>(found.context)[0]!};
    return {outputs: asOneStep<Tensor3D>(hidden), contexts: found.context, weights: found.weights};
  });
  const joined = (part: 'outputs' | 'contexts' | 'weights') =>
    concatenate(
      steps.map((step) => step[part]),
      0,
    );
  return {outputs: joined('outputs'), contexts: joined('contexts'), weights: joined('weights'), finalState: state};
}
