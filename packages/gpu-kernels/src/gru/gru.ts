import {type Rank, type Tensor1D, type Tensor2D, type Tensor3D, tidy, zeros} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {expectSequence, type SequenceInputs} from '../sequence/expect-sequence';
import {gruWithGradient} from './gradient';
import {gruReference} from './reference';

export interface GRUInputs extends SequenceInputs {
  /** `[I, 3H]`, the gates side by side in the order z (update), r (reset), c (candidate). */
  kernel: Tensor2D;
  /** `[H, 3H]`, gate order as in `kernel`. */
  recurrentKernel: Tensor2D;
  /** `[3H]`, gate order as in `kernel`. */
  bias: Tensor1D;
  /** `[B, H]`: before the first step that is computed. Zeros where it is left out. */
  initialState?: Tensor2D;
}

export type GRUResult = {
  /** `[T, B, H]`: the hidden state after every step; zeros in the padding. */
  outputs: Tensor3D;
  /** `[B, H]`: the hidden state after the last step that is computed. */
  finalState: Tensor2D;
};

/**
 * Runs a gated recurrent unit over a whole sequence in one kernel.
 *
 *     z = σ(x Wz + h Rz + bz)    r = σ(x Wr + h Rr + br)    c = tanh(x Wc + (r h) Rc + bc)    h' = z h + (1 - z) c
 *
 * where W is `kernel`, R `recurrentKernel`, b `bias` and h the hidden state; `candidateMask` multiplies c. The reset gate
 * acts before the product, as in the paper, in tfjs's layers and in Keras with `reset_after=False`; cuDNN and PyTorch have
 * it after. Differentiable in all float32 inputs but `candidateMask`. Where a backend has no kernel of ours, the same
 * equations run as plain tfjs operations.
 *
 * @returns `outputs [T, B, H]` and `finalState [B, H]`; the caller disposes of both. `T = 0` gives the initial state back.
 * @throws ShapeError where a shape or dtype does not fit: I is `kernel.shape[0]`, H is `recurrentKernel.shape[0]`.
 * @throws RangeError where `direction` is neither `'forward'` nor `'backward'`.
 * @throws IdRangeError where an id is not in `[0, I)` (cpu, wasm and tensorflow).
 * @example
 * const {outputs, finalState} = gru({x: tf.tensor2d([[3], [1], [4]], [3, 1], 'int32'), kernel, recurrentKernel, bias});
 *
 * Cost: 6·T·B·H·(I + H) flops forward (6·T·B·H·H from ids), twice that backward; keeps `[T, B, 3H]` gates for the
 * gradient.
 * Source: Cho et al. 2014 (arXiv 1406.1078), with the z of Keras, which keeps where the paper's first version updates.
 */
export function gru({initialState, ...inputs}: GRUInputs): GRUResult {
  const {x, kernel, recurrentKernel, bias, lengths, candidateMask, direction} = inputs;
  expectShape('gru', 'recurrentKernel', recurrentKernel, {shape: ['H', '3H'], dtype: 'float32'});
  const hiddenSize = recurrentKernel.shape[0];
  expectShape('gru', 'recurrentKernel', recurrentKernel, {shape: [hiddenSize, 3 * hiddenSize], dtype: 'float32'});
  expectShape('gru', 'kernel', kernel, {shape: ['I', 3 * hiddenSize], dtype: 'float32'});
  expectShape('gru', 'bias', bias, {shape: [3 * hiddenSize], dtype: 'float32'});
  expectSequence('gru', inputs, {inputSize: kernel.shape[0], hiddenSize});
  const batchSize = x.shape[1];
  if (initialState) {
    expectShape('gru', 'initialState', initialState, {shape: [batchSize, hiddenSize], dtype: 'float32'});
  }

  registerKernels();
  return tidy(() => {
    const main = {x, kernel, recurrentKernel, bias, hidden: initialState ?? zeros<Rank.R2>([batchSize, hiddenSize])};
    const options = {lengths, candidateMask, reverse: direction === 'backward'};
    const run = hasKernel('FusedGRU', options, main) ? gruWithGradient : gruReference;
    return run({...main, lengths, candidateMask, direction});
  });
}
