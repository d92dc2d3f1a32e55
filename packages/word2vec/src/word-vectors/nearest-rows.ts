import {registerKernels, topK} from '@gatefold/gpu-kernels';
import {matMul, type Tensor2D, tensor2d, tidy} from '@tensorflow/tfjs-core';

/** What each of some directions is nearest to. */
export interface NearestRows {
  /** `[directions, k]`, the nearest row first, of equal ones the earlier. */
  rows: Int32Array;
  /** Their dot products with the direction, `[directions, k]`. */
  scores: Float32Array;
}

/**
 * The `k` rows of a table `[rows, D]` that have the largest dot products with each of some directions `[directions, D]`: on
 * the backend of the table, one product of matrices, and no more of it comes back than what is asked for.
 *
 * Cost: 2 · directions · rows · D operations; the backend holds `directions · rows` numbers meanwhile.
 */
export async function nearestRows(directions: Float32Array, table: Tensor2D, k: number): Promise<NearestRows> {
  registerKernels();
  const dimension = table.shape[1];
  const best = tidy(() => {
    const logits = matMul(tensor2d(directions, [directions.length / dimension, dimension]), table, false, true);
    return {...topK({logits: logits as Tensor2D, k})};
  });
  try {
    const [rows, scores] = await Promise.all([best.ids.data<'int32'>(), best.values.data<'float32'>()]);
    return {rows, scores};
  } finally {
    best.ids.dispose();
    best.values.dispose();
  }
}
