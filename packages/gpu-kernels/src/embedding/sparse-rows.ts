import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';

/**
 * The gradient of a table `[V, D]` of which only some rows were touched: row `ids[n]` has the gradient `values[n]`, every
 * other row none. No two ids are equal, but for -1, which marks a row of zeros that counts for nothing: on webgpu and
 * webgl, where no size can depend on the data, it stands where an id occurred a second time.
 */
export type SparseRows = {
  /** `[N]` int32, in `[0, V)` or -1. */
  ids: Tensor1D;
  /** `[N, D]` float32. */
  values: Tensor;
};

/** Whether a gradient holds some rows rather than all. */
export function isSparseRows(gradient: Tensor | SparseRows): gradient is SparseRows {
  return gradient !== undefined && 'ids' in gradient;
}
