import {expectKnownOptions, Pause} from '@gatefold/training';
import {dispose, tensor1d} from '@tensorflow/tfjs-core';
import {expectSamplingOptions, type SamplingOptions, samplingOptions} from '../sampling/sampling-options';
import {isComposed} from './configuration';
import {drawSteps, expectFiniteLogits} from './draw-steps';
import type {LanguageModel} from './language-model';
import {WritingPace} from './pass-length';
import {expectLength, expectPrompt, readPrompts} from './prompts';
import {writingWeights} from './writing-weights';

export interface GenerateManyOptions extends SamplingOptions {
  /** How many symbols to draw for each stream, 0 or more. */
  length: number;
  /** What each stream goes on from, at least one id each, of any lengths; not returned. */
  prompts: readonly ArrayLike<number>[];
  /** The same seed draws the same symbols, on every backend as far as its logits agree. Default 1. */
  seed?: number;
  /** Stops between two passes, some 10 ms each, with the signal's reason as the error. */
  signal?: AbortSignal;
}

const known: Readonly<Record<keyof GenerateManyOptions, true>> = {
  ...{length: true, prompts: true, seed: true, signal: true},
  ...samplingOptions,
};

/** See `LanguageModel.generateMany`. Ids are read back when a pass of many steps is over. */
export async function generateMany(model: LanguageModel, options: GenerateManyOptions): Promise<Uint32Array[]> {
  expectKnownOptions('generateMany', options, known);
  const {length, prompts, seed = 1, signal, ...sampling} = options;
  expectLength(length, 0);
  expectSamplingOptions(sampling);
  for (const prompt of prompts) expectPrompt('generateMany', prompt, model);
  const streams = prompts.map(() => new Uint32Array(length));
  if (length === 0 || prompts.length === 0) return streams;
  const seedOf = (count: number) => (Math.imul(seed, 0x9e3779b1) + count) | 0;
  const pause = new Pause();
  let states = await readPrompts(model, prompts, {pause, signal});
  let ids = tensor1d(
    prompts.map((prompt) => prompt[prompt.length - 1]!),
    'int32',
  );
  const pace = new WritingPace(model, streams.length);
  const weights = isComposed(model.configuration) ? undefined : writingWeights(model);
  try {
    await expectFiniteLogits(model, ids, states);
    for (let count = 0; count < length; ) {
      await pause.whenDue();
      signal?.throwIfAborted();
      const steps = pace.next(length - count);
      const drawn = drawSteps(model, weights, ids, states, {steps, seed: seedOf(count), ...sampling});
      dispose([ids, states]);
      states = drawn.states;
      const values = await drawn.ids.data<'int32'>(); // [steps, B]
      drawn.ids.dispose();
      values.forEach((id, index) => {
        streams[index % streams.length]![count + Math.floor(index / streams.length)] = id;
      });
      pace.done();
      count += steps;
      if (count < length) ids = tensor1d(values.slice(-streams.length), 'int32');
    }
  } finally {
    dispose([ids, states, weights?.made ?? []]);
  }
  return streams;
}
