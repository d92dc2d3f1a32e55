import {sampleCategorical, sampleSequence} from '@gatefold/gpu-kernels';
import {getBackend, reshape, stack, sum, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {RecurrentState} from '../recurrent-layer/recurrent-layer';
import type {SamplingOptions} from '../sampling/sampling-options';
import type {LanguageModel} from './language-model';
import type {WritingWeights} from './writing-weights';

interface StepsToDraw extends SamplingOptions {
  steps: number;
  /** Of the first step; each step's is one higher. */
  seed: number;
}

/**
 * Reads the last id of each stream `[B]`, draws the next, reads that, and so on.
 *
 * @param weights those of `writingWeights`, or nothing for a model that no kernel writes with.
 * @returns `ids [steps, B]`, and the states after all but the last of them; the caller disposes of both.
 */
export function drawSteps(
  model: LanguageModel,
  weights: WritingWeights | undefined,
  ids: Tensor1D,
  states: readonly RecurrentState[],
  {steps, seed, ...sampling}: StepsToDraw,
): {ids: Tensor2D; states: RecurrentState[]} {
  if (!weights) return drawOneByOne(model, ids, states, {steps, seed, ...sampling});
  const {cell, forgetBias} = model.configuration;
  const {layers, table, output} = weights;
  return {
    ...sampleSequence({
      ...{ids, steps, cell: cell as 'lstm' | 'gru', table, output, forgetBias, seed, ...sampling},
      layers: layers.map((layer, index) => ({...layer, state: states[index]!})),
    }),
  };
}

/** The same by one operation after the other. */
function drawOneByOne(
  model: LanguageModel,
  ids: Tensor1D,
  states: readonly RecurrentState[],
  {steps, seed, ...sampling}: StepsToDraw,
): {ids: Tensor2D; states: RecurrentState[]} {
  return tidy(() => {
    const drawn: Tensor1D[] = [];
    let now = [...states];
    for (let count = 0; count < steps; count++) {
      const read = drawn.at(-1) ?? ids;
      const {logits, states: next} = tidy(() => step(model, read, now));
      now = next;
      drawn.push(sampleCategorical({logits, seed: (seed + count) | 0, ...sampling}));
    }
    return {ids: stack(drawn) as Tensor2D, states: now};
  });
}

/**
 * Throws a RangeError where the next logits are not finite. GPUs, which the draws of a step do not wait for, cannot say so and
 * draw anything from them; other backends find out by themselves.
 */
export async function expectFiniteLogits(
  model: LanguageModel,
  ids: Tensor1D,
  states: readonly RecurrentState[],
): Promise<void> {
  if (!['webgpu', 'webgl'].includes(getBackend())) return;
  const total = tidy(() => sum(step(model, ids, states).logits));
  const [value] = await total.data();
  total.dispose();
  if (Number.isFinite(value)) return;
  throw new RangeError('generate: logits are not finite, expected numbers. Look for where the training diverged.');
}

/** The logits after one more id a stream, `[B, V]`, and the states. */
export function step(
  model: LanguageModel,
  ids: Tensor1D,
  states: readonly RecurrentState[],
): {logits: Tensor2D; states: RecurrentState[]} {
  return tidy(() => {
    const {logits, states: next} = model.forward(reshape(ids, [1, -1]), states); // [1, B, V]
    return {logits: reshape(logits, [logits.shape[1], logits.shape[2]]), states: next};
  });
}
