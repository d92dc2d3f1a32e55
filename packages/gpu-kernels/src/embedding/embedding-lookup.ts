import type {Tensor, Tensor2D} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {debugIds} from '../rows/debug-ids';
import {embeddingLookupWithGradient} from './gradient';

export interface EmbeddingLookupInputs {
  /** `[V, D]` float32, one row for each id. */
  table: Tensor2D;
  /** Int32 of any shape, ids in `[0, V)`. */
  ids: Tensor;
}

/**
 * Looks up rows of a table: `rows[n] = table[ids[n]]`. Differentiable in `table`.
 *
 * Under `valueAndGradients` the gradient stays with the rows that were looked up, whatever the size of the table.
 * Elsewhere, as under `tf.grads`, it is a dense `[V, D]`.
 *
 * @returns `[...ids.shape, D]` float32; the caller disposes of it.
 * @throws ShapeError where `table` is not float32 `[V, D]` or `ids` not int32.
 * @throws IdRangeError where an id is not in `[0, V)` (cpu, wasm and tensorflow; webgpu and webgl take the nearest row).
 * @example const vectors = embeddingLookup({table, ids: tf.tensor1d([3, 1, 4], 'int32')}); // [3, D]
 *
 * Cost: one copy of the rows; keeps the ids for the gradient.
 */
export function embeddingLookup({table, ids}: EmbeddingLookupInputs): Tensor {
  expectShape('embeddingLookup', 'table', table, {shape: ['V', 'D'], dtype: 'float32'});
  if (!ids?.shape || ids.isDisposed || ids.dtype !== 'int32') {
    throw new ShapeError(`embeddingLookup: ids is ${describeTensor(ids)}, expected int32 of any shape.`);
  }
  registerKernels();
  debugIds('embeddingLookup: ids', ids, table.shape[0]);
  return embeddingLookupWithGradient(table, ids);
}
