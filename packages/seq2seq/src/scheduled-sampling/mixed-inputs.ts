import {concat, customGrad, slice, type Tensor, type Tensor2D, tensor2d, where, zerosLike} from '@tensorflow/tfjs-core';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

export interface Mixing {
  /** Of each input but the first of a pair, that it is what was predicted; in [0, 1]. */
  probability: number;
  generator: RandomGenerator;
}

/**
 * The inputs of a decoder, `[T, B]`, some of them what the model itself predicts from the true ones before. How it came to
 * predict them has no part in the gradient.
 *
 * @param predict what follows each of the inputs given, `[T, B]` int32; nothing in it is recorded.
 *
 * Source: Bengio et al. 2015 (arXiv 1506.03099); in two passes: Mihaylova & Martins 2019 (arXiv 1906.07651).
 */
export function mixedInputs(
  inputs: Tensor2D,
  {probability, generator}: Mixing,
  predict: (inputs: Tensor2D) => Tensor2D,
): Tensor2D {
  const [steps, batchSize] = inputs.shape;
  const drawn = Uint8Array.from({length: steps * batchSize}, (_, place) =>
    Number((generator.next() >>> 0) / 2 ** 32 < probability && place >= batchSize),
  );
  const unrecorded = customGrad((...given) => {
    const inputs = given[0] as Tensor2D;
    const first = slice(inputs, [0, 0], [1, batchSize]);
    const predicted = concat([first, slice(predict(inputs), [0, 0], [steps - 1, batchSize])]);
    const mixed = where(tensor2d(drawn, [steps, batchSize], 'bool'), predicted, inputs);
    return {value: mixed as Tensor, gradFunc: () => zerosLike(inputs)};
  });
  return unrecorded(inputs) as Tensor2D;
}
