// Products on tfjs-node are TensorFlow's MatMul, but where the right side lies transposed: there MatMul takes up to three
// times as long, and BatchMatMulV2 as long as ever, which has a tenth of a millisecond to make up for. Milliseconds on two
// cores of an AMD EPYC:
//
//   rows x depth x columns      MatMul   the same, transposed   BatchMatMulV2, transposed
//   64 x 256 x 64                0.03     0.05                   0.16
//   64 x 1024 x 256              0.24     0.60                   0.31
//   64 x 2048 x 512              0.73     2.38                   0.82
//   3200 x 1024 x 256            8.2      11.5                   8.7
//
// Of a few rows MatMul is the faster of the two again: 0.36 and 0.54 ms for 4 x 8192 x 512.
import type {TensorflowInput, TensorflowOps, TensorflowTensor} from '../backends/tensorflow-op';

/** Multiply-adds, and rows, from which BatchMatMulV2 is faster. */
const manyProducts = 8e6;
const manyRows = 16;

/** a bᵀ, of a `[N, K]` and b `[M, K]`. */
export function multiplyTransposed(ops: TensorflowOps, a: TensorflowInput, b: TensorflowInput): TensorflowTensor {
  const [rows, depth] = a.shape as [number, number];
  const large = rows >= manyRows && rows * depth * b.shape[0]! > manyProducts;
  return large ? ops.run('BatchMatMulV2', [a, b], {adj_y: true}) : ops.run('MatMul', [a, b], {transpose_b: true});
}
