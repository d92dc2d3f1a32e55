import {getBackend, getKernel, ones, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {describeTensor} from '../errors/describe-tensor';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {expectSeed} from '../random/hash';
import {dropoutWithGradient} from './gradient';
import {dropoutReference} from './reference';

export interface DropoutOptions {
  /** The probability that a value is dropped, in [0, 1). */
  rate: number;
  /** Which mask: an integer from -2^31 to 2^32 - 1. Give each call of each training step its own; 0 is a seed too. */
  seed: number;
}

export interface DropoutInputs extends DropoutOptions {
  /** Float32 of any shape. */
  x: Tensor;
}

/**
 * Inverted dropout: each value becomes 0 with probability `rate`, the others are divided by `1 - rate`, so that the mean
 * stays and nothing has to change at inference, where dropout is left out. Differentiable in `x`.
 *
 * Whether a value stays is a hash of the seed and its index: the same on every backend. The gradient makes the mask again
 * from the seed. NaN stays NaN, as the product with the mask has it.
 *
 * @returns the shape of `x`; the caller disposes of it.
 * @throws RangeError where `rate` is not in [0, 1), or `seed` not a 32-bit integer.
 * @throws ShapeError where `x` is not float32.
 * @example const thinned = dropout({x: outputs, rate: 0.5, seed: step});
 *
 * Cost: one pass over `x` forward, one over the gradient backward; keeps nothing. On tensorflow the
 * reference runs: its host makes 41,000 values of the mask in 0.13 ms and 3.3 million in 28, where the sixteen passes that
 * the hash takes in TensorFlow's operations need 1.0 and 24 (two cores of an AMD EPYC).
 * Source: Srivastava et al. 2014, JMLR 15.
 */
export function dropout({x, rate, seed}: DropoutInputs): Tensor {
  if (!x?.shape || x.isDisposed || x.dtype !== 'float32') {
    throw new ShapeError(`dropout: x is ${describeTensor(x)}, expected float32 of any shape.`);
  }
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`dropout: rate is ${rate}, expected the part to drop, at least 0 and below 1.`);
  }
  expectSeed('dropout', seed);
  registerKernels();
  const run = getKernel('Dropout', getBackend()) ? dropoutWithGradient : dropoutReference;
  return tidy(() => run({x, rate, seed}));
}

/**
 * The mask that `dropout` multiplies by: values 0 or `1 / (1 - rate)`. One mask for several uses, as the `candidateMask`
 * of `lstm` and `gru`, or one that is the same at every step of a sequence.
 *
 * @returns float32 of `shape`; the caller disposes of it.
 * @throws RangeError as `dropout` does.
 * @example const candidateMask = dropoutMask({shape: [T, B, H], rate: 0.25, seed: step});
 */
export function dropoutMask({shape, rate, seed}: DropoutOptions & {shape: number[]}): Tensor {
  return tidy(() => dropout({x: ones(shape), rate, seed}));
}
