import type {Pause} from '@gatefold/training';
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';
import type {ResolvedSettings} from './minibatch-settings';
import type {Weights} from './prediction-model';

/** Numbers that are drawn before somebody else may have a turn: a few milliseconds. */
const atOnce = 100_000;

/**
 * Where a training starts. With negative sampling as in word2vec.c: embeddings uniform within 0.5 / D, outputs 0. Else as
 * in TensorFlow's exercise: embeddings uniform in [-1, 1), outputs truncated normal of deviation 1 / sqrt(D), biases 0.
 */
export async function initialWeights(
  words: number,
  {dimension, seed, loss}: ResolvedSettings,
  pause: Pause,
): Promise<Weights> {
  const random = xoroshiro128plus(seed);
  const size = words * dimension;
  if (loss.kind === 'negativeSampling') {
    const embeddings = await drawn(size, () => (uniform(random) - 0.5) / dimension, pause);
    return {embeddings, outputs: new Float32Array(size)};
  }
  const embeddings = await drawn(size, () => 2 * uniform(random) - 1, pause);
  const outputs = await drawn(size, () => truncatedNormal(random) / Math.sqrt(dimension), pause);
  return {embeddings, outputs, biases: new Float32Array(words)};
}

async function drawn(count: number, draw: () => number, pause: Pause): Promise<Float32Array> {
  const values = new Float32Array(count);
  for (let first = 0; first < count; first += atOnce) {
    const end = Math.min(count, first + atOnce);
    for (let index = first; index < end; index++) values[index] = draw();
    await pause.whenDue();
  }
  return values;
}

/** In [0, 1). */
function uniform(random: RandomGenerator): number {
  return (random.next() >>> 0) / 2 ** 32;
}

/** Standard normal numbers, by the method of Box & Muller 1958; those beyond two deviations are drawn again. */
function truncatedNormal(random: RandomGenerator): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(random)));
    const value = radius * Math.cos(2 * Math.PI * uniform(random));
    if (Math.abs(value) <= 2) return value;
  }
}
