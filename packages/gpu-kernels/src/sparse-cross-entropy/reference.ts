import {logSoftmax, mean, mul, neg, oneHot, reshape, sum, type Tensor} from '@tensorflow/tfjs-core';
import type {SparseCrossEntropyInputs} from './sparse-cross-entropy';

/** The readable truth of `sparseCrossEntropy`, in plain tfjs operations. */
export function sparseCrossEntropyReference({logits, labels, reduction}: SparseCrossEntropyInputs): Tensor {
  const classes = logits.shape.at(-1)!;
  const rows = reshape(logits, [labels.size, classes]);
  const chosen = oneHot(reshape(labels, [labels.size]), classes, 1, 0, 'float32'); // [N, V]
  const losses = neg(sum(mul(logSoftmax(rows), chosen), 1)); // [N]
  if (reduction === 'none') return reshape(losses, labels.shape);
  return reduction === 'sum' ? sum(losses) : mean(losses);
}
