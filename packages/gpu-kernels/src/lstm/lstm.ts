import {
  getBackend,
  getKernel,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {lstmWithGradient} from './gradient';
import {lstmReference} from './reference';

/** The state of an LSTM between two steps: `hidden [B, H]` and `cell [B, H]`, float32. */
export type LSTMState = {
  hidden: Tensor2D;
  cell: Tensor2D;
};

export interface LSTMInputs {
  /** `[T, B, I]` float32, or ids `[T, B]` int32 in `[0, I)`, which stand for one-hot vectors that are never made. */
  x: Tensor2D | Tensor3D;
  /** `[I, 4H]`, the gates side by side in the order i, f, c, o. */
  kernel: Tensor2D;
  /** `[H, 4H]`, gate order as in `kernel`. */
  recurrentKernel: Tensor2D;
  /** `[4H]`, gate order as in `kernel`. */
  bias: Tensor1D;
  /** Zeros where it is left out. */
  initialState?: LSTMState;
}

export type LSTMResult = {
  /** `[T, B, H]`: the hidden state after every step. */
  outputs: Tensor3D;
  finalState: LSTMState;
};

/**
 * Runs an LSTM over a whole sequence in one kernel.
 *
 *     [i f c o] = x W + h R + b      s' = σ(f) s + σ(i) tanh(c)      h' = σ(o) tanh(s')
 *
 * where W is `kernel`, R `recurrentKernel`, b `bias`, h the hidden state and s the cell state. Differentiable in all
 * float32 inputs. Where a backend has no kernel of ours, the same equations run as plain tfjs operations.
 *
 * @returns `outputs [T, B, H]` and `finalState`; the caller disposes of the three tensors. `T = 0` gives the initial
 *   state back.
 * @throws ShapeError where a shape or dtype does not fit: I is `kernel.shape[0]`, H is `recurrentKernel.shape[0]`.
 * @throws IdRangeError where an id is not in `[0, I)` (cpu and wasm).
 * @example
 * const {outputs, finalState} = lstm({x: tf.tensor2d([[3], [1], [4]], [3, 1], 'int32'), kernel, recurrentKernel, bias});
 *
 * Cost: 8·T·B·H·(I + H) flops forward (8·T·B·H·H from ids), twice that backward; keeps `[T, B, 4H]` gates and
 * `[T, B, H]` cell states for the gradient.
 * Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000; Sak et al. 2014 (arXiv 1402.1128), without peepholes.
 */
export function lstm({x, kernel, recurrentKernel, bias, initialState}: LSTMInputs): LSTMResult {
  expectShape('lstm', 'recurrentKernel', recurrentKernel, {shape: ['H', '4H'], dtype: 'float32'});
  const hiddenSize = recurrentKernel.shape[0];
  expectShape('lstm', 'recurrentKernel', recurrentKernel, {shape: [hiddenSize, 4 * hiddenSize], dtype: 'float32'});
  expectShape('lstm', 'kernel', kernel, {shape: ['I', 4 * hiddenSize], dtype: 'float32'});
  expectShape('lstm', 'bias', bias, {shape: [4 * hiddenSize], dtype: 'float32'});
  expectSequence(x, kernel.shape[0]);
  const batchSize = x.shape[1];
  for (const [name, tensor] of Object.entries(initialState ?? {})) {
    expectShape('lstm', `initialState.${name}`, tensor, {shape: [batchSize, hiddenSize], dtype: 'float32'});
  }

  registerKernels();
  return tidy(() => {
    const noState = () => zeros<Rank.R2>([batchSize, hiddenSize]);
    const {hidden, cell} = initialState ?? {hidden: noState(), cell: noState()};
    const run = getKernel('FusedLSTM', getBackend()) ? lstmWithGradient : lstmReference;
    return run({x, kernel, recurrentKernel, bias, hidden, cell});
  });
}

function expectSequence(x: Tensor, inputSize: number): void {
  const live = x?.shape && !x.isDisposed;
  if (live && x.dtype === 'int32' && x.shape.length === 2) return;
  if (live && x.dtype === 'float32' && x.shape.length === 3 && x.shape[2] === inputSize) return;
  throw new ShapeError(
    `lstm: x is ${describeTensor(x)}, expected float32 [T, B, ${inputSize}] or ids int32 [T, B]. ` +
      'Sequences are time-major: transpose [B, T, ...] first.',
  );
}
