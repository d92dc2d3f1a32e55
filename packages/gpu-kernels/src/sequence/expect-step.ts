import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';

/** What every recurrent operation of one step takes beside its weights and its state. */
export interface StepOfSequence {
  /** `[B, I]` float32, or ids `[B]` int32 in `[0, I)`, which stand for one-hot vectors that are never made. */
  x: Tensor1D | Tensor2D;
  /** `[B, H]` float32: factors of the candidate, as in the operation over a sequence. */
  candidateMask?: Tensor2D;
}

/** Throws a ShapeError where the inputs of one step have not the rank of a step; the sizes are left to the sequence. */
export function expectStep(operation: string, {x, candidateMask}: StepOfSequence): void {
  const rank = x?.dtype === 'int32' ? 1 : 2;
  if (!x?.shape || x.isDisposed || x.shape.length !== rank || !['int32', 'float32'].includes(x.dtype)) {
    throw new ShapeError(`${operation}: x is ${describeTensor(x)}, expected float32 [B, I] or ids int32 [B].`);
  }
  if (candidateMask) {
    expectShape(operation, 'candidateMask', candidateMask, {shape: [x.shape[0]!, 'H'], dtype: 'float32'});
  }
}
