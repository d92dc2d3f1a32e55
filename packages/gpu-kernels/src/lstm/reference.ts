import {
  add,
  clone,
  gather,
  greater,
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
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type {SequenceInputs} from '../sequence/expect-sequence';
import type {LSTMResult} from './lstm';

/** The inputs of `lstm` with its state spelled out. */
export interface LSTMArguments extends SequenceInputs {
  kernel: Tensor2D;
  recurrentKernel: Tensor2D;
  bias: Tensor1D;
  /** `[B, H]`: the hidden state before the first step. */
  hidden: Tensor2D;
  /** `[B, H]`: the cell state before the first step. */
  cell: Tensor2D;
  /** Added to the bias of the forget gate. */
  forgetBias?: number;
}

/** What other kinds of LSTM do in their own way. */
export interface LSTMVariant {
  /** What goes to the gates from x W `[B, 4H]`. */
  ofInput?: (product: Tensor) => Tensor;
  /** What goes to the gates from the hidden state `[B, H]`: h R, `[B, 4H]`. */
  fromState?: (hidden: Tensor2D) => Tensor;
  /** What the output reads of the cell state `[B, H]`. */
  ofCell?: (cell: Tensor2D) => Tensor2D;
}

/**
 * The readable truth of `lstm`, step by step in plain tfjs operations: it defines the semantics, the kernels are tested
 * against it, and it serves backends without a kernel.
 */
export function lstmReference(
  {x, kernel, recurrentKernel, bias, hidden, cell, ...options}: LSTMArguments,
  variant: LSTMVariant = {},
): LSTMResult {
  const {lengths, candidateMask, direction = 'forward', forgetBias = 0} = options;
  const {
    ofInput = (product) => product,
    fromState = (hidden) => matMul(hidden, recurrentKernel),
    ofCell = (cell) => cell,
  } = variant;
  return tidy(() => {
    const [batchSize, hiddenSize] = hidden.shape;
    const steps = Array.from({length: x.shape[0]}, (_, step) => step);
    const outputs: Tensor2D[] = [];
    for (const step of direction === 'backward' ? steps.reverse() : steps) {
      const input = slice(x as Tensor, step, 1); // not `unstack`: its gradient fails where there is one step
      const fromInput =
        input.dtype === 'int32'
          ? gather(kernel, reshape(input, [batchSize]))
          : matMul(reshape(input, [batchSize, kernel.shape[0]]), kernel); // [B, 4H]
      const gates = add(add(ofInput(fromInput), fromState(hidden)), bias) as Tensor2D;
      const [i, f, c, o] = split(gates, 4, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D]; // [B, H] each
      let candidate = tanh(c);
      if (candidateMask) candidate = mul(candidate, reshape(slice(candidateMask, step, 1), [batchSize, hiddenSize]));
      const newCell: Tensor2D = add(mul(sigmoid(add(f, forgetBias)), cell), mul(sigmoid(i), candidate));
      const newHidden: Tensor2D = mul(sigmoid(o), tanh(ofCell(newCell)));
      const going = lengths && greater(reshape(lengths, [batchSize, 1]), step); // [B, 1]
      outputs[step] = going ? where(going, newHidden, zerosLike(newHidden)) : newHidden;
      hidden = going ? where(going, newHidden, hidden) : newHidden;
      cell = going ? where(going, newCell, cell) : newCell;
    }
    return {
      outputs: (outputs.length > 0 ? stack(outputs) : zeros([0, batchSize, hiddenSize])) as Tensor3D,
      finalState: {hidden: clone(hidden), cell: clone(cell)},
    };
  });
}
