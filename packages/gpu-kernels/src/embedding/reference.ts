import {
  argMax,
  cast,
  concat,
  equal,
  expandDims,
  gather,
  matMul,
  mul,
  range,
  reshape,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zeros,
} from '@tensorflow/tfjs-core';
import type {SparseRows} from './sparse-rows';

/** The readable truth of `embeddingLookup`, in plain tfjs operations. */
export function embeddingLookupReference(table: Tensor2D, ids: Tensor): Tensor {
  const shape = [...ids.shape, table.shape[1]];
  return ids.size === 0 ? zeros(shape) : reshape(gather(table, reshape(ids, [ids.size])), shape);
}

/**
 * The readable truth of the kernel `SumRows`: lists of rows one after another, equal ids summed where the id comes first.
 * Where it comes again stand -1 and a row of zeros, so that sizes do not depend on the data. In matrices of [N, N], so it
 * is for few rows.
 */
export function sumRowsReference(parts: readonly SparseRows[]): SparseRows {
  const ids = concat(parts.map((part) => part.ids)) as Tensor1D; // [N]
  const values = concat(parts.map((part) => part.values)) as Tensor2D; // [N, D]
  if (ids.size === 0) return {ids, values};
  const same = cast(equal(expandDims(ids, 1), expandDims(ids, 0)), 'float32'); // [N, N]
  const isFirst = equal(argMax(same, 1), range(0, ids.size, 1, 'int32')); // [N]
  const sums = matMul(mul(same, expandDims(cast(isFirst, 'float32'), 1)), values); // [N, D]
  const marked = sub(mul(cast(isFirst, 'int32'), ids), cast(equal(cast(isFirst, 'int32'), 0), 'int32')); // [N]
  return {ids: cast(marked, 'int32') as Tensor1D, values: sums};
}
