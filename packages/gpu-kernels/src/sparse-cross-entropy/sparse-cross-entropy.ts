import {getBackend, getKernel, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {debugIds} from '../rows/debug-ids';
import {sparseCrossEntropyWithGradient} from './gradient';
import {sparseCrossEntropyReference} from './reference';

export interface SparseCrossEntropyInputs {
  /** `[..., V]` float32, unnormalised log-probabilities. */
  logits: Tensor;
  /** `[...]` int32, the leading shape of `logits`; ids in `[0, V)`. */
  labels: Tensor;
  /** `'mean'` (the default) or `'sum'` over all labels give a scalar; `'none'` one loss a label. */
  reduction?: Reduction;
}

export type Reduction = 'mean' | 'sum' | 'none';

/**
 * The cross-entropy, in nats, of softmax(logits) with integer labels: `log Σ exp(logits) - logits[label]`, fused, without
 * one-hot labels and without overflow. Differentiable in `logits`. perplexity = exp of the mean.
 *
 * @returns a scalar, or `[...]` for `reduction: 'none'`. Of no labels at all the sum is 0 and the mean, 0 / 0, NaN.
 * @throws ShapeError where the shape of `labels` is not the leading shape of `logits`, or a dtype does not fit.
 * @throws IdRangeError where a label is not in `[0, V)` (cpu, wasm and tensorflow).
 * @example const loss = sparseCrossEntropy({logits, labels}); // [T, B, V], [T, B] -> nats a symbol
 *
 * Cost: one pass over the logits forward, one backward; keeps one number a label for the gradient.
 */
export function sparseCrossEntropy({logits, labels, reduction = 'mean'}: SparseCrossEntropyInputs): Tensor {
  if (logits?.dtype !== 'float32' || logits.isDisposed || logits.rank < 1 || logits.shape.at(-1) === 0) {
    throw new ShapeError(
      `sparseCrossEntropy: logits is ${describeTensor(logits)}, expected float32 [..., V] with V at least 1.`,
    );
  }
  expectShape('sparseCrossEntropy', 'labels', labels, {shape: logits.shape.slice(0, -1), dtype: 'int32'});
  registerKernels();
  debugIds('sparseCrossEntropy: labels', labels, logits.shape.at(-1)!);
  const run = getKernel('SparseCrossEntropy', getBackend())
    ? sparseCrossEntropyWithGradient
    : sparseCrossEntropyReference;
  return tidy(() => run({logits, labels, reduction}));
}
