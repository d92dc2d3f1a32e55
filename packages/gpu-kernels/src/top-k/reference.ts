import {add, expandDims, logSoftmax, type Tensor, type Tensor2D, topk} from '@tensorflow/tfjs-core';
import type {TopKInputs, TopKResult} from './top-k';

/** The readable truth of `topK`, in plain tfjs operations. */
export function topKReference({logits, k, logProbabilities, scores}: TopKInputs): TopKResult {
  let values: Tensor = logProbabilities ? logSoftmax(logits) : logits;
  if (scores) values = add(values, expandDims(scores, 1));
  const best = topk(values, k, true);
  return {values: best.values as Tensor2D, ids: best.indices as Tensor2D};
}
