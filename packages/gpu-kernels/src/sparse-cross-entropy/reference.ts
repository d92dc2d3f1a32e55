import {cast, equal, logSoftmax, mean, mul, neg, range, reshape, sum, type Tensor} from '@tensorflow/tfjs-core';
import type {SparseCrossEntropyInputs} from './sparse-cross-entropy';

/** The readable truth of `sparseCrossEntropy`, in plain tfjs operations. */
export function sparseCrossEntropyReference({logits, labels, reduction}: SparseCrossEntropyInputs): Tensor {
  const classes = logits.shape.at(-1)!;
  const rows = reshape(logits, [labels.size, classes]);
  const chosen = cast(equal(reshape(labels, [labels.size, 1]), range(0, classes, 1, 'int32')), 'float32'); // [N, V], one-hot
  const losses = neg(sum(mul(logSoftmax(rows), chosen), 1)); // [N]
  if (reduction === 'none') return reshape(losses, labels.shape);
  return reduction === 'sum' ? sum(losses) : mean(losses);
}
