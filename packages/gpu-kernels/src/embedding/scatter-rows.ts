import {type Tensor, unsortedSegmentSum, zeros} from '@tensorflow/tfjs-core';
import type {SparseRows} from './sparse-rows';

/** Rows in their places in a dense `[V, ...]`, zeros elsewhere. Equal ids add up; those not in `[0, V)` count for nothing. */
export function scatterRows({ids, values}: SparseRows, shape: number[]): Tensor {
  return ids.size === 0 ? zeros(shape) : unsortedSegmentSum(values, ids, shape[0]!);
}
