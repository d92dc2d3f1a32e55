import {engine, type Tensor1D, type Tensor2D, tidy, zeros} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {registerKernels} from '../kernels';
import {expectSeed} from '../random/hash';
import {expectLogits} from '../top-k/top-k';
import {sampleCategoricalReference} from './reference';

export interface SampleCategoricalInputs {
  /** `[B, V]` float32, unnormalised log-probabilities, V at least 1. */
  logits: Tensor2D;
  /** An integer from -2^31 to 2^32 - 1. Give each draw of a sequence its own; 0 is a seed too. */
  seed: number;
  /** Divides the logits: below 1 sharper, above 1 flatter; 1 by default, and 0 always takes the most likely id. */
  temperature?: number;
  /** Only the so many most likely ids, of equal ones the lower; all by default, and where it exceeds V. */
  topK?: number;
  /** Only the fewest most likely ids, of those `topK` leaves, whose probability reaches this, in (0, 1]. */
  topP?: number;
}

/**
 * Draws one id a row from softmax(logits / temperature), restricted to the most likely ids where `topK` or `topP` say so.
 * No gradient.
 *
 * Row b takes the id at which the cumulated probability exceeds a number hashed from the seed and b, uniform in [0, 1):
 * counted in the order of the ids, or with `topK` or `topP` from the most likely one down. The same draws on every
 * backend, but where that number lies within rounding of a boundary between two ids. An id that minus infinity rules out
 * is never drawn.
 *
 * @returns `[B]` int32; the caller disposes of it.
 * @throws ShapeError where `logits` is not float32 `[B, V]`.
 * @throws RangeError where an option is out of its range; where a row has NaN, or no finite largest value (cpu, wasm,
 *   tensorflow and webgl; on webgpu such a row gives any id).
 * @example const ids = sampleCategorical({logits, seed: step, temperature: 0.8, topP: 0.95});
 *
 * Cost: two passes over the logits; with `topK` one, and with `topP` alone one for every factor of 8 by which the ids
 * it leaves exceed 64. On webgl the logits are read, which waits for them.
 * Source: top-k, Fan et al. 2018 (arXiv 1805.04833); top-p, Holtzman et al. 2020 (arXiv 1904.09751).
 */
export function sampleCategorical(given: SampleCategoricalInputs): Tensor1D {
  const {logits, seed} = given;
  expectLogits('sampleCategorical', logits);
  const [batch, classes] = logits.shape;
  expectSamplingOptions('sampleCategorical', given);
  return tidy(() => {
    if (batch === 0) return zeros([0], 'int32') as Tensor1D;
    registerKernels();
    const inputs = {logits};
    const attributes = {seed, ...restrictionOf(given, classes)};
    if (!hasKernel('SampleCategorical', {topK: attributes.topK}, inputs))
      return sampleCategoricalReference(logits, attributes);
    return engine().runKernel('SampleCategorical', inputs, {...attributes}) as Tensor1D;
  });
}

type SamplingOptions = Omit<SampleCategoricalInputs, 'logits'>;

/** Throws a RangeError where an option is out of its range. */
export function expectSamplingOptions(
  operation: string,
  {seed, temperature = 1, topK = 1, topP = 1}: SamplingOptions,
): void {
  expectSeed(operation, seed);
  const expectOption = (name: string, value: number, fits: boolean, expected: string) => {
    if (!fits) throw new RangeError(`${operation}: ${name} is ${value}, expected a number ${expected}.`);
  };
  expectOption('temperature', temperature, temperature >= 0 && temperature < Number.POSITIVE_INFINITY, 'at least 0');
  expectOption('topP', topP, topP > 0 && topP <= 1, 'above 0 and at most 1');
  expectOption('topK', topK, Number.isInteger(topK) && topK > 0, 'above 0 without a fraction');
}

/** The options with their defaults, as the kernels take them, of draws from `classes` ids. */
export function restrictionOf({temperature = 1, topK, topP = 1}: SamplingOptions, classes: number): Restriction {
  // The most likely id alone, at any temperature, is what the temperature 0 comes to.
  if (temperature === 0) return {temperature: 1, topK: 1, topP: 1};
  return {temperature, topK: Math.min(topK ?? (topP < 1 ? classes : 0), classes), topP};
}

/** How a distribution is sharpened and cut, every option with its value. */
export interface Restriction {
  /** Above 0. */
  temperature: number;
  /** From 1 to V; 0 where neither `topK` nor `topP` restricts, and the ids count in their own order. */
  topK: number;
  topP: number;
}

/** What the kernels take. */
export interface SampleAttributes extends Restriction {
  seed: number;
}
