import {
  cast,
  cumsum,
  div,
  equal,
  less,
  lessEqual,
  max,
  minimum,
  mul,
  range,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  topk,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import {keyOf, uniform} from '../random/hash';
import type {SampleAttributes} from './sample-categorical';

/** The readable truth of `sampleCategorical`, in plain tfjs operations. */
export function sampleCategoricalReference(
  logits: Tensor2D,
  {seed, temperature, topK, topP}: SampleAttributes,
): Tensor1D {
  const [batch] = logits.shape;
  const ranked = topK > 0 ? topk(logits, topK, true) : undefined;
  const candidates = ranked?.values ?? logits; // [B, K]
  const count = candidates.shape[1]!;
  const probabilities = softmax(div(candidates, temperature));
  const reached = cumsum(probabilities, 1);
  const kept = less(sub(reached, probabilities), topP);
  const mass = max(where(kept, reached, zerosLike(reached)), 1, true); // [B, 1]

  const key = keyOf(seed);
  const draws = tensor2d(
    Array.from({length: batch}, (_, row) => uniform(key, row)),
    [batch, 1],
  );
  const passed = sum(cast(lessEqual(reached, mul(draws, mass)), 'int32'), 1, true);
  // A sum that rounding leaves short of the draw ends at the last one kept.
  const place = minimum(passed, sub(sum(cast(kept, 'int32'), 1, true), 1)); // [B, 1]
  if (!ranked) return cast(reshape(place, [batch]), 'int32');
  const chosen = equal(range(0, count, 1, 'int32'), place); // [B, K], one-hot
  return cast(sum(mul(cast(chosen, 'int32'), ranked.indices), 1), 'int32') as Tensor1D;
}
