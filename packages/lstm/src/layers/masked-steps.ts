// A mask leaves steps out anywhere in a sequence; the kernels know only sequences that end early. So the steps that count
// are moved together in front of the others, which are then padding, and every step, in the end, is given the output of
// the last step before it that counts, as in tfjs.

import {
  add,
  cast,
  cumsum,
  less,
  mul,
  range,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  topk,
  transpose,
} from '@tensorflow/tfjs-core';

export interface MaskedSteps {
  /** `[B]` int32: how many steps of each sequence count. */
  lengths: Tensor1D;
  /** `[T, B]` int32: the rows of x, as `[B T, I]`, in the order in which the kernel is to have them. */
  inputRows: Tensor2D;
  /** `[B, T]` int32: for each step its row of the initial state `[B, H]` with the kernel's outputs `[T B, H]` below it. */
  outputRows: Tensor2D;
}

/** Where the steps of sequences with this mask `[B, T]` come from and go to. Row numbers are exact below 2^24. */
export function maskedSteps(mask: Tensor, goBackwards: boolean): MaskedSteps {
  const [batch, steps] = mask.shape as [number, number];
  const counts = cast(cast(mask, 'bool'), 'float32') as Tensor2D;
  const before = cumsum(counts, 1); // how many count up to each step and with it
  const sequence = reshape(range(0, batch), [batch, 1]);
  const {indices} = topk(sub(mul(counts, 2 * steps), range(0, steps)), steps); // those that count, then the others
  const row = add(mul(sequence, steps), cast(indices, 'float32'));
  // Row 0 of outputs is the initial state. Read backwards, the last step that counted is the next one in time.
  const total = slice(before, [0, steps - 1], [batch, 1]);
  const next = sub(before, counts);
  const last = goBackwards ? mul(add(next, 1), cast(less(next, total), 'float32')) : before;
  return {
    lengths: cast(sum(counts, 1), 'int32') as Tensor1D,
    inputRows: cast(transpose(row), 'int32') as Tensor2D,
    outputRows: cast(add(mul(last, batch), sequence), 'int32') as Tensor2D,
  };
}
