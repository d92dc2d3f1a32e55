import {
  add,
  clone,
  gather,
  matMul,
  mul,
  reshape,
  sigmoid,
  slice,
  split,
  stack,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tanh,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type {LSTMResult} from './lstm';

/** The inputs of `lstm` with its state spelled out. */
export interface LSTMArguments {
  x: Tensor2D | Tensor3D;
  kernel: Tensor2D;
  recurrentKernel: Tensor2D;
  bias: Tensor1D;
  /** `[B, H]`: the hidden state before the first step. */
  hidden: Tensor2D;
  /** `[B, H]`: the cell state before the first step. */
  cell: Tensor2D;
}

/**
 * The readable truth of `lstm`, step by step in plain tfjs operations: it defines the semantics, the kernels are tested
 * against it, and it serves backends without a kernel.
 */
export function lstmReference({x, kernel, recurrentKernel, bias, hidden, cell}: LSTMArguments): LSTMResult {
  return tidy(() => {
    const [batchSize, hiddenSize] = hidden.shape;
    const outputs: Tensor2D[] = [];
    for (let step = 0; step < x.shape[0]; step++) {
      const input = slice(x as Tensor, step, 1); // not `unstack`: its gradient fails where there is one step
      const fromInput =
        input.dtype === 'int32'
          ? gather(kernel, reshape(input, [batchSize]))
          : matMul(reshape(input, [batchSize, kernel.shape[0]]), kernel); // [B, 4H]
      const gates = add(add(fromInput, matMul(hidden, recurrentKernel)), bias) as Tensor2D;
      const [i, f, c, o] = split(gates, 4, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D]; // [B, H] each
      cell = add(mul(sigmoid(f), cell), mul(sigmoid(i), tanh(c)));
      hidden = mul(sigmoid(o), tanh(cell));
      outputs.push(hidden);
    }
    return {
      outputs: (outputs.length > 0 ? stack(outputs) : zeros([0, batchSize, hiddenSize])) as Tensor3D,
      finalState: {hidden: clone(hidden), cell: clone(cell)},
    };
  });
}
