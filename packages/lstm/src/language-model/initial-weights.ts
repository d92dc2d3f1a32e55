import {type Tensor, tensor, tidy, type Variable, variable, zeros} from '@tensorflow/tfjs-core';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';
import {uniform} from '../sampling/draw';

/** Standard normal numbers, by the method of Box & Muller 1958; those beyond two deviations are drawn again. */
function truncatedNormal(generator: RandomGenerator): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(generator)));
    const value = radius * Math.cos(2 * Math.PI * uniform(generator));
    if (Math.abs(value) <= 2) return value;
  }
}

/** A variable of seeded truncated normal numbers, the same on every backend. */
export function normalWeights(shape: [number, number], deviation: number, generator: RandomGenerator): Variable {
  const values = Float32Array.from({length: shape[0] * shape[1]}, () => deviation * truncatedNormal(generator));
  return asVariable(() => tensor(values, shape));
}

/** A variable of zeros. */
export function zeroWeights(size: number): Variable {
  return asVariable(() => zeros([size]));
}

/** A variable that holds the only reference to what `make` makes. */
function asVariable(make: () => Tensor): Variable {
  return tidy(() => variable(make()));
}
