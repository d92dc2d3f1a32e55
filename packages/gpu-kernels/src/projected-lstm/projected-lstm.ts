import {type Rank, type Tensor2D, type Tensor3D, tidy, zeros} from '@tensorflow/tfjs-core';
import {expectShape} from '../errors/expect-shape';
import {linear} from '../linear/linear';
import {type LSTMInputs, type LSTMState, lstm} from '../lstm/lstm';

export interface ProjectedLSTMInputs extends Omit<LSTMInputs, 'recurrentKernel' | 'initialState'> {
  /** `[P, 4H]`, gate order as in `kernel`. */
  recurrentKernel: Tensor2D;
  /** `[H, P]`: what is handed on, to the next step and to the outputs, of the hidden state. */
  projection: Tensor2D;
  /** Before the first step, the hidden state not projected: `[B, H]` each. Zeros where it is left out. */
  initialState?: LSTMState;
}

export type ProjectedLSTMResult = {
  /** `[T, B, P]`: the projection of the hidden state after every step; zeros in the padding. */
  outputs: Tensor3D;
  /** After the last step that is computed, the hidden state not projected: `[B, H]` each. */
  finalState: LSTMState;
};

/**
 * Runs an LSTM that hands on a projection of its hidden state, as `torch.nn.LSTM` with `proj_size` does: many units that
 * remember, and few numbers to read.
 *
 *     [i f c o] = x W + (h P) R + b      s' = σ(f) s + σ(i) tanh(c)      h' = σ(o) tanh(s')      output h' P
 *
 * where P is `projection`, and the rest as in `lstm`, whose options it has. `(h P) R` is `h (P R)`, so it is folded into the
 * recurrent kernel once a call, and every backend that has a kernel for `lstm` runs this one by it. Differentiable in all
 * float32 inputs but `candidateMask`.
 *
 * @returns `outputs` and `finalState`; the caller disposes of the three tensors. What PyTorch calls the final hidden state
 *   is the projection of `finalState.hidden`.
 * @throws ShapeError, RangeError, IdRangeError as `lstm` does; H is `projection.shape[0]`, P `recurrentKernel.shape[0]`.
 * @example const {outputs, finalState} = projectedLSTM({x, kernel, recurrentKernel, bias, projection});
 *
 * Cost: that of `lstm` with H units, whose recurrent product P does not make smaller, `2·T·B·H·P` flops for the outputs and
 * `8·P·H·H` to fold; three times that with the gradient. What P makes smaller is the weights, and the layers that read the outputs.
 * Source: Sak et al. 2014 (arXiv 1402.1128), the recurrent projection.
 */
export function projectedLSTM({projection, recurrentKernel, ...inputs}: ProjectedLSTMInputs): ProjectedLSTMResult {
  const expect = expectShape.bind(undefined, 'projectedLSTM');
  expect('projection', projection, {shape: ['H', 'P'], dtype: 'float32'});
  const [hiddenSize, projectedSize] = projection.shape;
  expect('recurrentKernel', recurrentKernel, {shape: [projectedSize, 4 * hiddenSize], dtype: 'float32'});
  return tidy(() => {
    const noBias = (size: number) => zeros<Rank.R1>([size]);
    const folded = linear({x: projection, kernel: recurrentKernel, bias: noBias(4 * hiddenSize)}) as Tensor2D; // [H, 4H]
    const {outputs, finalState} = lstm({...inputs, recurrentKernel: folded});
    return {outputs: linear({x: outputs, kernel: projection, bias: noBias(projectedSize)}) as Tensor3D, finalState};
  });
}
