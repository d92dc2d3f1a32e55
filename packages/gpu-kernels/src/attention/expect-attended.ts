import type {Tensor1D, Tensor3D} from '@tensorflow/tfjs-core';
import {expectShape} from '../errors/expect-shape';

export type AttentionKind = 'dot' | 'additive';

/** What is attended to, and how: common to every operation with attention. */
export interface AttendedInputs {
  /** `[S, B, D]` float32: what each position is found by. */
  keys: Tensor3D;
  /** `[S, B, E]` float32: what each position gives; often the keys themselves. */
  values: Tensor3D;
  /** `[B]` int32: how many of the S positions a sequence has; all where absent. */
  lengths?: Tensor1D;
  /** `'dot'`: `scale · q·k`. `'additive'`: `v · tanh(q + k)`. */
  kind: AttentionKind;
  /** `[D]` float32, the v of `'additive'`. */
  scoreVector?: Tensor1D;
  /** The factor of `'dot'`, by default `1 / √D`, which keeps the softmax soft as D grows; 1 is Luong's own. */
  scale?: number;
}

/** Throws where what is attended to does not fit itself, the batch, or, where that is known, the size D of the queries. */
export function expectAttended(
  operation: string,
  {keys, values, lengths, kind, scoreVector}: AttendedInputs,
  {batchSize, size = 'D'}: {batchSize: number; size?: number | string},
): void {
  if (kind !== 'dot' && kind !== 'additive') {
    throw new RangeError(`${operation}: kind is ${JSON.stringify(kind)}, expected 'dot' or 'additive'.`);
  }
  expectShape(operation, 'keys', keys, {shape: ['S', batchSize, size], dtype: 'float32'});
  expectShape(operation, 'values', values, {shape: [keys.shape[0], batchSize, 'E'], dtype: 'float32'});
  if (lengths) expectShape(operation, 'lengths', lengths, {shape: [batchSize], dtype: 'int32'});
  if (kind === 'additive') {
    expectShape(operation, 'scoreVector', scoreVector!, {shape: [keys.shape[2]], dtype: 'float32'});
  }
}

/** The factor of `'dot'` where none is given. */
export function scaleFor({keys, scale}: AttendedInputs): number {
  return scale ?? 1 / Math.sqrt(Math.max(1, keys.shape[2]));
}
