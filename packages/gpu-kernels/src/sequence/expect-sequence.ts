import type {Tensor, Tensor1D, Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {debugIds} from '../rows/debug-ids';

/** The order in which a sequence is read: from its first step to its last, or from its last to its first. */
export type Direction = 'forward' | 'backward';

/** What every recurrent operation takes beside its weights and its state. */
export interface SequenceInputs {
  /** `[T, B, I]` float32, or ids `[T, B]` int32 in `[0, I)`, which stand for one-hot vectors that are never made. */
  x: Tensor2D | Tensor3D;
  /**
   * `[B]` int32: sequence b has `lengths[b]` steps, and what follows them is padding. There the state passes unchanged,
   * outputs are zeros, and no gradient arises; x may hold any finite numbers, or any ids that are in range. Less than 0
   * counts as 0, more than T as T. Where it is left out all sequences have T steps.
   */
  lengths?: Tensor1D;
  /**
   * `[T, B, H]` float32: factors of the candidate, for dropout that does not erase the memory (Semeniuta et al. 2016,
   * arXiv 1603.05118): 0 where a unit is dropped, 1 / (1 - rate) elsewhere. A constant: no gradient flows to it.
   */
  candidateMask?: Tensor3D;
  /** `'backward'` reads from the last step to the first; outputs stay at the step they belong to. Default `'forward'`. */
  direction?: Direction;
}

/** Throws a ShapeError where the inputs of a recurrent operation do not fit each other or the sizes of its weights. */
export function expectSequence(
  operation: string,
  {x, lengths, candidateMask, direction = 'forward'}: SequenceInputs,
  {inputSize, hiddenSize}: {inputSize: number; hiddenSize: number},
): void {
  expectTimeMajor(operation, x, inputSize);
  if (x.dtype === 'int32') debugIds(`${operation}: x`, x, inputSize);
  const [steps, batch] = x.shape;
  if (lengths) expectShape(operation, 'lengths', lengths, {shape: [batch], dtype: 'int32'});
  if (candidateMask) {
    expectShape(operation, 'candidateMask', candidateMask, {shape: [steps, batch, hiddenSize], dtype: 'float32'});
  }
  if (direction !== 'forward' && direction !== 'backward') {
    throw new RangeError(`${operation}: direction is ${JSON.stringify(direction)}, expected "forward" or "backward".`);
  }
}

function expectTimeMajor(operation: string, x: Tensor, inputSize: number): void {
  const live = x?.shape && !x.isDisposed;
  if (live && x.dtype === 'int32' && x.shape.length === 2) return;
  if (live && x.dtype === 'float32' && x.shape.length === 3 && x.shape[2] === inputSize) return;
  throw new ShapeError(
    `${operation}: x is ${describeTensor(x)}, expected float32 [T, B, ${inputSize}] or ids int32 [T, B]. ` +
      'Sequences are time-major: transpose [B, T, ...] first.',
  );
}
