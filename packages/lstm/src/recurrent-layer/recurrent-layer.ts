import {gru, lstm, type NormalizationWeights, normalizedLSTM, projectedLSTM} from '@gatefold/gpu-kernels';
import type {Tensor1D, Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';
import {separateGatesLayer} from './separate-gates-layer';

/**
 * What the cells of a layer are: `'lstm'`; `'gru'`, a gate fewer and no cell state; or `'separate-gates'`, an LSTM of the
 * same weights and numbers as `'lstm'` that runs gate by gate and step by step in plain tfjs operations, the first form
 * of the classic exercise: there to be read and compared, and many times slower. To train it import `@tensorflow/tfjs`,
 * whose gradients plain operations need.
 */
export type CellKind = 'lstm' | 'gru' | 'separate-gates';

/** What a layer remembers from step to step. */
export type RecurrentState = {
  /** `[B, H]`, also the output of the step, but where there is a projection, which makes the output of it. */
  hidden: Tensor2D;
  /** `[B, H]`, of an LSTM only. */
  cell?: Tensor2D;
};

export interface RecurrentLayerInputs {
  /** `[T, B, I]` float32, or ids `[T, B]` int32. */
  x: Tensor2D | Tensor3D;
  /** `[I, G H]`, G being `gatesOf` the cell. */
  kernel: Tensor2D;
  /** `[H, G H]`, or `[P, G H]` where there is a projection. */
  recurrentKernel: Tensor2D;
  /** `[G H]` */
  bias: Tensor1D;
  /** `[H, P]`, of an LSTM. */
  projection?: Tensor2D;
  /** Of an LSTM with layer normalisation. */
  normalization?: NormalizationWeights;
  /** `[T, B, H]`, what recurrent dropout multiplies the candidate with. */
  candidateMask?: Tensor3D;
  /** Zeros where it is left out. */
  initialState?: RecurrentState;
  /** Added to the bias of an LSTM's forget gate. */
  forgetBias: number;
}

export type RecurrentLayerResult = {
  /** `[T, B, H]`, or `[T, B, P]` */
  outputs: Tensor3D;
  finalState: RecurrentState;
};

/** How many gates, the candidate among them, the weights of a cell hold side by side. */
export const gatesOf: Readonly<Record<CellKind, number>> = {lstm: 4, gru: 3, 'separate-gates': 4};

/** Runs one layer over a whole sequence. The caller disposes of the result. */
export function recurrentLayer(cell: CellKind, inputs: RecurrentLayerInputs): RecurrentLayerResult {
  if (cell === 'separate-gates') return separateGatesLayer(inputs);
  const {initialState, forgetBias, projection, normalization, ...main} = inputs;
  if (cell === 'gru') {
    const {outputs, finalState} = gru({...main, initialState: initialState?.hidden});
    return {outputs, finalState: {hidden: finalState}};
  }
  const ofLSTM = {
    ...main,
    initialState: initialState && {hidden: initialState.hidden, cell: initialState.cell!},
    forgetBias,
  };
  if (projection) return projectedLSTM({...ofLSTM, projection});
  if (normalization) return normalizedLSTM({...ofLSTM, ...normalization});
  return lstm(ofLSTM);
}

/** What the parameters and states of a layer are called, from 0 up. */
export function layerName(cell: CellKind, layer: number): string {
  return `${cell === 'gru' ? 'gru' : 'lstm'}${layer}`;
}
