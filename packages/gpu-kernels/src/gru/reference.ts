import {
  add,
  clone,
  concat,
  gather,
  greater,
  matMul,
  mul,
  reshape,
  sigmoid,
  slice,
  split,
  stack,
  sub,
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
import type {GRUResult} from './gru';

/** The inputs of `gru` with its state spelled out. */
export interface GRUArguments extends SequenceInputs {
  kernel: Tensor2D;
  recurrentKernel: Tensor2D;
  bias: Tensor1D;
  /** `[B, H]`: the hidden state before the first step. */
  hidden: Tensor2D;
}

/**
 * The readable truth of `gru`, step by step in plain tfjs operations: it defines the semantics, the kernels are tested
 * against it, and it serves backends without a kernel.
 */
export function gruReference({x, kernel, recurrentKernel, bias, hidden, ...options}: GRUArguments): GRUResult {
  const {lengths, candidateMask, direction = 'forward'} = options;
  return tidy(() => {
    const [batchSize, hiddenSize] = hidden.shape;
    const recurrentGates = slice(recurrentKernel, [0, 0], [hiddenSize, 2 * hiddenSize]);
    const recurrentCandidate = slice(recurrentKernel, [0, 2 * hiddenSize], [hiddenSize, hiddenSize]);
    const steps = Array.from({length: x.shape[0]}, (_, step) => step);
    const outputs: Tensor2D[] = [];
    for (const step of direction === 'backward' ? steps.reverse() : steps) {
      const input = slice(x as Tensor, step, 1); // not `unstack`: its gradient fails where there is one step
      const fromInput =
        input.dtype === 'int32'
          ? gather(kernel, reshape(input, [batchSize]))
          : matMul(reshape(input, [batchSize, kernel.shape[0]]), kernel); // [B, 3H]
      const [forZ, forR, forC] = split(add(fromInput, bias), 3, 1) as [Tensor2D, Tensor2D, Tensor2D]; // [B, H] each
      const gates = sigmoid(add(concat([forZ, forR], 1), matMul(hidden, recurrentGates)));
      const [z, r] = split(gates, 2, 1) as [Tensor2D, Tensor2D];
      let candidate = tanh(add(forC, matMul(mul(r, hidden), recurrentCandidate)));
      if (candidateMask) candidate = mul(candidate, reshape(slice(candidateMask, step, 1), [batchSize, hiddenSize]));
      const newHidden: Tensor2D = add(mul(z, hidden), mul(sub(1, z), candidate));
      const going = lengths && greater(reshape(lengths, [batchSize, 1]), step); // [B, 1]
      outputs[step] = going ? where(going, newHidden, zerosLike(newHidden)) : newHidden;
      hidden = going ? where(going, newHidden, hidden) : newHidden;
    }
    return {
      outputs: (outputs.length > 0 ? stack(outputs) : zeros([0, batchSize, hiddenSize])) as Tensor3D,
      finalState: clone(hidden),
    };
  });
}
