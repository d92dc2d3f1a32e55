import {embeddingLookup, linear} from '@gatefold/gpu-kernels';
import {type Tensor1D, type Tensor2D, type Tensor3D, zeros} from '@tensorflow/tfjs-core';
import {type Thinning, whole} from './thinning';

/** A layer's weights, and what it reads by them. */
type Reading<Weights> = Weights & {x: Tensor2D | Tensor3D};

/**
 * What a layer reads that has symbols below it: the rows of their table.
 *
 * Where the batch has more places than the table rows, and nothing of them is dropped, each symbol goes through the layer's
 * kernel once and not at each of its places: the layer gets the ids themselves, and as its kernel the product of table and
 * kernel, `[V, G H]`.
 *
 * @param ids `[T, B]` int32.
 * @param asVectors for a layer that takes no ids.
 * @returns what makes of a layer's weights what it is given.
 */
export function embeddedInputs(
  {table, ids, asVectors = false}: {table: Tensor2D; ids: Tensor2D; asVectors?: boolean},
  thin: Thinning,
): <Weights extends {kernel: Tensor2D}>(weights: Weights) => Reading<Weights> {
  if (asVectors || thin !== whole || ids.size <= table.shape[0]) {
    const x = thin(embeddingLookup({table, ids}) as Tensor3D);
    return (weights) => ({...weights, x});
  }
  return (weights) => {
    const bias = zeros([weights.kernel.shape[1]]) as Tensor1D;
    return {...weights, x: ids, kernel: linear({x: table, kernel: weights.kernel, bias}) as Tensor2D};
  };
}
