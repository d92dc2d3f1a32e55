import {engine, type NamedTensorMap, type Tensor1D, type Tensor2D, tidy, zeros} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {topKReference} from './reference';

export interface TopKInputs {
  /** `[B, V]` float32, unnormalised log-probabilities, V at least 1. */
  logits: Tensor2D;
  /** How many of each row, from 1 to V. */
  k: number;
  /** Whether the values are log softmax(logits), in nats, rather than the logits themselves. False by default. */
  logProbabilities?: boolean;
  /** `[B]` float32, added to the values of each row: the log-probability of what a beam has so far. */
  scores?: Tensor1D;
}

export interface TopKResult {
  /** `[B, k]` float32, the largest first. */
  values: Tensor2D;
  /** `[B, k]` int32, where they stand in the row. */
  ids: Tensor2D;
}

/**
 * The k largest values of each row, the largest first, of equal ones the lower id first: what greedy and beam search
 * choose from. With `logProbabilities` and `scores` the values are the scores of the beams' continuations. No gradient.
 *
 * @returns `{values, ids}`; the caller disposes of both.
 * @throws ShapeError where `logits` is not float32 `[B, V]`, or `scores` not `[B]`.
 * @throws RangeError where `k` is not an integer from 1 to V, or a logit is NaN (cpu, wasm and webgl; elsewhere NaN
 *   may stand anywhere among the results).
 * @example const {values, ids} = topK({logits, k: 8, logProbabilities: true, scores: beamScores}); // [beams, 8] each
 *
 * Cost: one pass over the logits, and one more for the log-probabilities; k places of memory a row. On webgl the
 * logits are read, which waits for them.
 */
export function topK({logits, k, logProbabilities = false, scores}: TopKInputs): TopKResult {
  expectLogits('topK', logits);
  const [batch, classes] = logits.shape;
  if (scores) expectShape('topK', 'scores', scores, {shape: [batch], dtype: 'float32'});
  if (!(Number.isInteger(k) && k >= 1 && k <= classes)) {
    throw new RangeError(`topK: k is ${k}, expected an integer from 1 to ${classes}, the width of logits.`);
  }
  return tidy(() => {
    if (batch === 0) return {values: zeros([0, k]) as Tensor2D, ids: zeros([0, k], 'int32') as Tensor2D};
    registerKernels();
    const inputs = {logits, ...(scores && {scores})} as NamedTensorMap;
    if (!hasKernel('TopKDecoding', {k}, inputs)) return {...topKReference({logits, k, logProbabilities, scores})};
    const [values, ids] = engine().runKernel('TopKDecoding', inputs, {k, logProbabilities}) as [Tensor2D, Tensor2D];
    return {values, ids};
  });
}

/** Throws a ShapeError where `logits` is not float32 `[B, V]` with V at least 1. */
export function expectLogits(operation: string, logits: Tensor2D): void {
  const fits = logits?.shape?.length === 2 && !logits.isDisposed && logits.dtype === 'float32' && logits.shape[1] > 0;
  if (fits) return;
  throw new ShapeError(`${operation}: logits is ${describeTensor(logits)}, expected float32 [B, V] with V at least 1.`);
}

/** The error for a row that nothing can be chosen from. */
export function notComparable(operation: string, row: number): RangeError {
  return new RangeError(
    `${operation}: row ${row} of logits has NaN among its values, or no finite largest one, expected numbers. ` +
      'Look for where the training diverged.',
  );
}
