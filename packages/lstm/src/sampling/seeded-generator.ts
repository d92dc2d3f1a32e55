import {mersenne} from 'pure-rand/generator/mersenne';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/**
 * A generator whose numbers for neighbouring seeds have nothing to do with one another: the Mersenne twister spreads the
 * seed over all of its state, where smaller generators begin with a state that is mostly zeros.
 */
export function seededGenerator(seed: number): RandomGenerator {
  return mersenne(seed);
}

/** A float64 in [0, 1) from 32 bits of the generator. */
export function uniform(generator: RandomGenerator): number {
  return (generator.next() >>> 0) / 2 ** 32;
}
