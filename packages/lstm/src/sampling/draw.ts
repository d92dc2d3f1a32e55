import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/** A float64 in [0, 1) from 32 bits of the generator. */
export function uniform(generator: RandomGenerator): number {
  return (generator.next() >>> 0) / 2 ** 32;
}

/**
 * Draws an index with probability softmax(logits / temperature), by walking the cumulated weights until they pass a
 * uniform number. Temperature 1 is the model's own distribution; towards 0 the largest logit wins.
 *
 * @throws RangeError where no weight is finite: a NaN in the model.
 */
export function drawFromLogits(logits: ArrayLike<number>, temperature: number, generator: RandomGenerator): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logits.length; index++) largest = Math.max(largest, logits[index]!);
  let total = 0;
  const cumulated = new Float64Array(logits.length);
  for (let index = 0; index < logits.length; index++) {
    total += Math.exp((logits[index]! - largest) / temperature);
    cumulated[index] = total;
  }
  if (!Number.isFinite(total)) throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
  const threshold = uniform(generator) * total;
  const drawn = cumulated.findIndex((weight) => weight > threshold);
  return drawn === -1 ? logits.length - 1 : drawn;
}
