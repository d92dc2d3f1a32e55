import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';

/** Fills `values` with numbers from `-limit` to `limit`, all equally likely, the same ones for a seed. */
export function fillUniform(values: Float32Array, limit: number, seed: number): void {
  const generator = xoroshiro128plus(seed);
  const scale = limit / 2 ** 31;
  for (let index = 0; index < values.length; index++) values[index] = generator.next() * scale;
}
