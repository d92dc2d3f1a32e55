import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/** Distinct words. */
export interface LogUniformSamples {
  ids: Int32Array;
  /** How many draws it took until so many were distinct. */
  draws: number;
}

/**
 * Samples without replacement from a distribution that fits words sorted by frequency (Zipf's law):
 * `P(id) = log((id + 2) / (id + 1)) / log(size + 1)`.
 *
 * @param size of the vocabulary.
 * @param count from 1 to `size`.
 * @param generator with which uniform numbers are drawn.
 * @throws RangeError where `count` is not a whole number from 1 to `size`.
 * @example const {ids, draws} = sampleLogUniform(50_000, 64, xoroshiro128plus(1));
 * Cost: 3 µs for 64 of 50,000 words.
 * Source: TensorFlow's `log_uniform_candidate_sampler` with `unique=True`.
 */
export function sampleLogUniform(size: number, count: number, generator: RandomGenerator): LogUniformSamples {
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= size)) {
    throw new RangeError(`${count} distinct samples of ${size} words, expected a whole number from 1 to ${size}.`);
  }
  const ids = new Int32Array(count);
  const seen = new Set<number>();
  const range = Math.log(size + 1);
  let draws = 0;
  while (seen.size < count) {
    draws += 1;
    const share = (generator.next() >>> 0) / 2 ** 32;
    const id = Math.min(size - 1, Math.floor(Math.exp(share * range)) - 1);
    if (seen.has(id)) continue;
    ids[seen.size] = id;
    seen.add(id);
  }
  return {ids, draws};
}

/**
 * The logarithms of how often words are expected among `count` samples that took so many draws, what a score is to be
 * corrected by: `1 - (1 - P)^draws`, or, as TensorFlow has it where no word was drawn twice, `P count`.
 */
export function logExpectedCounts(
  ids: Int32Array,
  size: number,
  {count, draws}: {count: number; draws: number},
): Float32Array {
  const range = Math.log(size + 1);
  const counts = new Float32Array(ids.length);
  for (let index = 0; index < ids.length; index++) {
    const probability = Math.log1p(1 / (ids[index]! + 1)) / range;
    const expected = draws === count ? probability * count : -Math.expm1(draws * Math.log1p(-probability));
    counts[index] = Math.log(expected);
  }
  return counts;
}
