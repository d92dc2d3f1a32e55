import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/** Numbers to pass over until the state, which starts with one word of the seed, is well mixed. */
const warmUp = 64;

/** A generator whose numbers for neighbouring seeds have nothing to do with one another. */
export function seededGenerator(seed: number): RandomGenerator {
  const generator = xoroshiro128plus(seed);
  for (let index = 0; index < warmUp; index++) generator.next();
  return generator;
}
