import {concat, matMul, mul, sum, type Tensor, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {SampledLogitsInputs} from './sampled-logits';

/** The readable truth of `sampledLogits`, in plain tfjs operations. */
export function sampledLogitsReference({inputs, targets, samples}: SampledLogitsInputs): Tensor2D {
  return tidy(() => {
    const own = sum(mul(inputs, targets), 1, true); // [B, 1]
    return concat([own, matMul(inputs, samples, false, true) as Tensor], 1) as Tensor2D; // [B, 1 + K]
  });
}
