import {type Rank, type Tensor1D, tidy, zeros} from '@tensorflow/tfjs-core';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {expectWeights} from '../lstm/expect-weights';
import type {LSTMInputs, LSTMResult} from '../lstm/lstm';
import {expectIds} from '../rows/cpu';
import {clampsIds} from '../rows/debug-ids';
import {expectSequence} from '../sequence/expect-sequence';
import {normalizedLSTMReference} from './reference';

/** What layer normalisation multiplies and adds; ones and zeros at first. */
export interface NormalizationWeights {
  /** `[4H]`: of what comes from the input. */
  inputScale: Tensor1D;
  /** `[4H]`: of what comes from the hidden state. */
  recurrentScale: Tensor1D;
  /** `[H]`: of the cell state. */
  cellScale: Tensor1D;
  /** `[H]`: added to the cell state. */
  cellShift: Tensor1D;
}

export interface NormalizedLSTMInputs extends LSTMInputs, NormalizationWeights {}

/**
 * Runs an LSTM with layer normalisation over a whole sequence:
 *
 *     [i f c o] = N(x W) α + N(h R) β + b      s' = σ(f) s + σ(i) tanh(c)      h' = σ(o) tanh(N(s') γ + δ)
 *
 * where N takes from the numbers of a row their mean and divides them by the root of their variance + 1e-5; α is
 * `inputScale`, β `recurrentScale`, γ `cellScale`, δ `cellShift`, and the rest as in `lstm`, whose options it has.
 * Differentiable in all float32 inputs but `candidateMask`.
 *
 * @returns `outputs [T, B, H]` and `finalState`, whose cell is not normalised; the caller disposes of the three tensors.
 * @throws ShapeError, RangeError, IdRangeError as `lstm` does.
 * @example
 * const scales = {inputScale: tf.ones([4 * H]), recurrentScale: tf.ones([4 * H]), cellScale: tf.ones([H]), cellShift: tf.zeros([H])};
 * const {outputs} = normalizedLSTM({x, kernel, recurrentKernel, bias, ...scales});
 *
 * Cost: no backend has a kernel for it: a step is some 35 operations of tfjs and as many arrays for the gradient, many times
 * the time of `lstm`. Its gradients are those of plain operations: import `@tensorflow/tfjs`.
 * Source: Ba et al. 2016 (arXiv 1607.06450), equations 20 to 22, with one bias.
 */
export function normalizedLSTM({initialState, ...inputs}: NormalizedLSTMInputs): LSTMResult {
  const expect = expectShape.bind(undefined, 'normalizedLSTM');
  const {inputSize, hiddenSize} = expectWeights('normalizedLSTM', inputs);
  expectSequence('normalizedLSTM', inputs, {inputSize, hiddenSize});
  const {x} = inputs;
  // No kernel of ours checks them on the way, and lookups of tfjs throw errors of their own.
  if (x.dtype === 'int32' && !clampsIds()) expectIds('normalizedLSTM: x', x.dataSync<'int32'>(), inputSize);
  for (const [name, width] of [
    ['inputScale', 4 * hiddenSize],
    ['recurrentScale', 4 * hiddenSize],
    ['cellScale', hiddenSize],
    ['cellShift', hiddenSize],
  ] as const) {
    expect(name, inputs[name], {shape: [width], dtype: 'float32'});
  }
  const batch = x.shape[1];
  for (const [name, tensor] of Object.entries(initialState ?? {})) {
    expect(`initialState.${name}`, tensor, {shape: [batch, hiddenSize], dtype: 'float32'});
  }
  registerKernels();
  return tidy(() => {
    const noState = () => zeros<Rank.R2>([batch, hiddenSize]);
    const {hidden, cell} = initialState ?? {hidden: noState(), cell: noState()};
    return normalizedLSTMReference({...inputs, hidden, cell} as Parameters<typeof normalizedLSTMReference>[0]);
  });
}
