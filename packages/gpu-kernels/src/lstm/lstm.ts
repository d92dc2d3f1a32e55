import {type Rank, type Tensor2D, type Tensor3D, tidy, zeros} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {expectSequence, type SequenceInputs} from '../sequence/expect-sequence';
import {expectWeights, type LSTMWeights} from './expect-weights';
import {lstmWithGradient} from './gradient';
import {lstmReference} from './reference';

/** The state of an LSTM between two steps: `hidden [B, H]` and `cell [B, H]`, float32. */
export type LSTMState = {
  hidden: Tensor2D;
  cell: Tensor2D;
};

export interface LSTMInputs extends SequenceInputs, LSTMWeights {
  /** Before the first step that is computed. Zeros where it is left out. */
  initialState?: LSTMState;
}

export type LSTMResult = {
  /** `[T, B, H]`: the hidden state after every step; zeros in the padding. */
  outputs: Tensor3D;
  /** After the last step that is computed. */
  finalState: LSTMState;
};

/**
 * Runs an LSTM over a whole sequence in one kernel.
 *
 *     [i f c o] = x W + h R + b      s' = σ(f) s + σ(i) tanh(c)      h' = σ(o) tanh(s')
 *
 * where W is `kernel`, R `recurrentKernel`, b `bias`, h the hidden state and s the cell state; `forgetBias` is added to f,
 * and `candidateMask` multiplies tanh(c). Differentiable in all float32 inputs but `candidateMask`. Where a backend has no
 * kernel of ours, the same equations run as plain tfjs operations.
 *
 * @returns `outputs [T, B, H]` and `finalState`; the caller disposes of the three tensors. `T = 0` gives the initial
 *   state back.
 * @throws ShapeError where a shape or dtype does not fit: I is `kernel.shape[0]`, H is `recurrentKernel.shape[0]`.
 * @throws RangeError where `direction` is neither `'forward'` nor `'backward'`, or `forgetBias` is not a finite number.
 * @throws IdRangeError where an id is not in `[0, I)` (cpu, wasm and tensorflow).
 * @example
 * const {outputs, finalState} = lstm({x: tf.tensor2d([[3], [1], [4]], [3, 1], 'int32'), kernel, recurrentKernel, bias});
 * @example // Both directions of a bidirectional layer, sequences of 5 and 3 steps, side by side in [T, B, 2H]:
 * const lengths = tf.tensor1d([5, 3], 'int32');
 * const onward = lstm({x, lengths, ...weights[0]});
 * const backward = lstm({x, lengths, ...weights[1], direction: 'backward'});
 * const both = tf.concat([onward.outputs, backward.outputs], 2);
 *
 * Cost: 8·T·B·H·(I + H) flops forward (8·T·B·H·H from ids), twice that backward; keeps `[T, B, 4H]` gates and
 * `[T, B, H]` cell states for the gradient.
 * Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000; Sak et al. 2014 (arXiv 1402.1128), without peepholes.
 */
export function lstm({initialState, forgetBias = 0, ...inputs}: LSTMInputs): LSTMResult {
  const {x, kernel, recurrentKernel, bias, lengths, candidateMask, direction} = inputs;
  const {inputSize, hiddenSize} = expectWeights('lstm', {...inputs, forgetBias});
  expectSequence('lstm', inputs, {inputSize, hiddenSize});
  const batchSize = x.shape[1];
  for (const [name, tensor] of Object.entries(initialState ?? {})) {
    expectShape('lstm', `initialState.${name}`, tensor, {shape: [batchSize, hiddenSize], dtype: 'float32'});
  }

  registerKernels();
  return tidy(() => {
    const noState = () => zeros<Rank.R2>([batchSize, hiddenSize]);
    const {hidden, cell} = initialState ?? {hidden: noState(), cell: noState()};
    const options = {lengths, candidateMask, reverse: direction === 'backward'};
    const main = {x, kernel, recurrentKernel, bias, hidden, cell};
    const run = hasKernel('FusedLSTM', options, main) ? lstmWithGradient : lstmReference;
    return run({...main, lengths, candidateMask, direction, forgetBias});
  });
}
