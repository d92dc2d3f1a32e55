import {embeddedInputs, embeddingLookup} from '@gatefold/gpu-kernels';
import type {Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';
import {type Thinning, whole} from './thinning';

/** A layer's weights, and what it reads by them. */
type Reading<Weights> = Weights & {x: Tensor2D | Tensor3D};

/**
 * What a layer reads that has symbols below it: the rows of their table, or, where nothing of them is dropped, the symbols by way
 * of `embeddedInputs`.
 *
 * @param ids `[T, B]` int32.
 * @param asVectors for a layer that takes no ids.
 * @returns what makes of a layer's weights what it is given.
 */
export function symbolInputs(
  {table, ids, asVectors = false}: {table: Tensor2D; ids: Tensor2D; asVectors?: boolean},
  thin: Thinning,
): <Weights extends {kernel: Tensor2D}>(weights: Weights) => Reading<Weights> {
  if (!asVectors && thin === whole) {
    const inputs = embeddedInputs({table, ids});
    return (weights) => ({...weights, ...inputs(weights.kernel)});
  }
  const x = thin(embeddingLookup({table, ids}) as Tensor3D);
  return (weights) => ({...weights, x});
}
