import {type Direction, gru, lstm} from '@gatefold/gpu-kernels';
import type {Tensor1D, Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';

/** What the cells of a layer are: `'lstm'`, or `'gru'`, a gate fewer and no cell state. */
export type CellKind = 'lstm' | 'gru';

/** How many gates, the candidate among them, the weights of a cell hold side by side. */
export const gatesOf: Readonly<Record<CellKind, number>> = {lstm: 4, gru: 3};

/** What a layer remembers from step to step. */
export type RecurrentState = {
  /** `[B, H]`, also the output of the step. */
  hidden: Tensor2D;
  /** `[B, H]`, of an LSTM only. */
  cell?: Tensor2D;
};

export interface RecurrentWeights {
  /** `[I, G H]`, G being `gatesOf` the cell. */
  kernel: Tensor2D;
  /** `[H, G H]` */
  recurrentKernel: Tensor2D;
  /** `[G H]` */
  bias: Tensor1D;
}

export interface RecurrentLayerInputs extends RecurrentWeights {
  /** `[T, B, I]`, or ids `[T, B]` of rows of the kernel. */
  x: Tensor2D | Tensor3D;
  /** `[B]` int32; all of T where it is left out. */
  lengths?: Tensor1D;
  direction?: Direction;
  /** Zeros where it is left out. */
  initialState?: RecurrentState;
  /** Added to the bias of an LSTM's forget gate. */
  forgetBias: number;
}

export type RecurrentLayerResult = {
  /** `[T, B, H]` */
  outputs: Tensor3D;
  finalState: RecurrentState;
};

/** Runs one layer over a whole sequence. The caller disposes of the result. */
export function recurrentLayer(cell: CellKind, inputs: RecurrentLayerInputs): RecurrentLayerResult {
  const {initialState, forgetBias, ...main} = inputs;
  if (cell === 'gru') {
    const {outputs, finalState} = gru({...main, initialState: initialState?.hidden});
    return {outputs, finalState: {hidden: finalState}};
  }
  return lstm({
    ...main,
    initialState: initialState && {hidden: initialState.hidden, cell: initialState.cell!},
    forgetBias,
  });
}
