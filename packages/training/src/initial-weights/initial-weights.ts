import {type Tensor, tensor, tidy, type Variable, variable, zeros} from '@tensorflow/tfjs-core';
import {mersenne} from 'pure-rand/generator/mersenne';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/**
 * Draws the weights of a fresh model, variable after variable, the same of a seed on every backend.
 *
 * @example
 * const weights = new InitialWeights(1);
 * const parameters = {kernel: weights.normal([27, 64], 0.1), bias: weights.zeros(64)};
 */
export class InitialWeights {
  readonly #generator: RandomGenerator;

  /** @param seed a whole number; those of neighbouring seeds have nothing to do with one another. */
  constructor(seed: number) {
    this.#generator = mersenne(seed); // it spreads the seed over all of its state
  }

  /** Normal numbers of a standard deviation, those beyond two of it drawn again. */
  normal(shape: number[], deviation: number): Variable {
    return this.#drawn(shape, () => deviation * this.#truncatedNormal());
  }

  /** Numbers uniform in [-limit, limit). */
  uniform(shape: number[], limit: number): Variable {
    return this.#drawn(shape, () => limit * (2 * this.#uniform() - 1));
  }

  zeros(size: number): Variable {
    return asVariable(() => zeros([size]));
  }

  #drawn(shape: number[], draw: () => number): Variable {
    const values = Float32Array.from({length: shape.reduce((product, size) => product * size, 1)}, draw);
    return asVariable(() => tensor(values, shape));
  }

  /** A float64 in [0, 1) from 32 bits of the generator. */
  #uniform(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  /** Standard normal, by the method of Box & Muller 1958. */
  #truncatedNormal(): number {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#uniform()));
      const value = radius * Math.cos(2 * Math.PI * this.#uniform());
      if (Math.abs(value) <= 2) return value;
    }
  }
}

/** A variable that holds the only reference to what `make` makes. */
function asVariable(make: () => Tensor): Variable {
  return tidy(() => variable(make()));
}
