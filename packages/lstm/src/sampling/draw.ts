import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

/** How far a draw is from the model's own distribution. */
export interface SamplingOptions {
  /** Above 0. 1, the default, is the model's own distribution; lower is safer, higher is wilder. */
  temperature?: number;
  /** Only the so many most likely symbols; all by default, and where it exceeds the vocabulary. */
  topK?: number;
  /** Only the fewest most likely symbols, of those `topK` leaves, whose probability together reaches this, in (0, 1]. */
  topP?: number;
}

/** Throws a RangeError where an option is out of its range. */
export function expectSamplingOptions({temperature = 1, topK = 1, topP = 1}: SamplingOptions): void {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `temperature is ${temperature}, expected a number above 0 (1 is the model's own distribution); ` +
        'for the most likely symbol every time, take topK 1.',
    );
  }
  if (!(Number.isInteger(topK) && topK > 0)) {
    throw new RangeError(`topK is ${topK}, expected a whole number of symbols above 0.`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}, expected a probability above 0, at most 1.`);
}

/** A float64 in [0, 1) from 32 bits of the generator. */
export function uniform(generator: RandomGenerator): number {
  return (generator.next() >>> 0) / 2 ** 32;
}

/**
 * Draws an index with probability softmax(logits / temperature), by walking the cumulated weights until they pass a
 * uniform number: in the order of the indices, or with `topK` or `topP` from the most likely one down, of equal ones the
 * lower first. Temperature 1 is the model's own distribution; towards 0 the largest logit wins.
 *
 * @throws RangeError where no weight is finite: a NaN in the model.
 */
export function drawFromLogits(
  logits: ArrayLike<number>,
  {temperature = 1, topK, topP = 1}: SamplingOptions,
  generator: RandomGenerator,
): number {
  let order: number[] | undefined;
  if (topK !== undefined || topP < 1) {
    order = Array.from({length: logits.length}, (_, index) => index);
    order = order.sort((left, right) => logits[right]! - logits[left]!).slice(0, topK);
  }
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logits.length; index++) largest = Math.max(largest, logits[index]!);
  let total = 0;
  const cumulated = new Float64Array(order?.length ?? logits.length);
  for (let place = 0; place < cumulated.length; place++) {
    total += Math.exp((logits[order ? order[place]! : place]! - largest) / temperature);
    cumulated[place] = total;
  }
  if (!Number.isFinite(total)) throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
  if (topP < 1) total = cumulated.find((weight) => weight >= topP * total)!;
  const threshold = uniform(generator) * total;
  const found = cumulated.findIndex((weight) => weight > threshold);
  const place = found === -1 ? cumulated.length - 1 : found;
  return order ? order[place]! : place;
}
