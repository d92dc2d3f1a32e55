import {dropout} from '@gatefold/gpu-kernels';
import type {Tensor3D} from '@tensorflow/tfjs-core';

/** Drops part of some values, where training does. */
export type Thinning = (values: Tensor3D) => Tensor3D;

/** Drops nothing. */
export const whole: Thinning = (values) => values;

/** Dropout by a seed, with a mask of its own for every call; `whole` without a seed. */
export function thinning(rate: number, seed: number | undefined): Thinning {
  if (seed === undefined || rate === 0) return whole;
  let place = 0;
  return (values) => dropout({x: values, rate, seed: (seed + Math.imul(place++, 0x85ebca6b)) | 0}) as Tensor3D;
}
