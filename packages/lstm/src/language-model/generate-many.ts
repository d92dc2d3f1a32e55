import {sampleCategorical} from '@gatefold/gpu-kernels';
import {Pause} from '@gatefold/training';
import {dispose, reshape, stack, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {RecurrentState} from '../recurrent-layer/recurrent-layer';
import {expectSamplingOptions, type SamplingOptions} from '../sampling/draw';
import type {LanguageModel} from './language-model';
import {expectLength, expectPrompt, readPrompts} from './prompts';

export interface GenerateManyOptions extends SamplingOptions {
  /** How many symbols to draw for each stream, 0 or more. */
  length: number;
  /** What each stream goes on from, at least one id each, of any lengths; not returned. */
  prompts: readonly ArrayLike<number>[];
  /** The same seed draws the same symbols, on every backend as far as its logits agree. Default 1. */
  seed?: number;
  /** Stops between two symbols, with the signal's reason as the error. */
  signal?: AbortSignal;
}

/** Steps whose ids stay on the device before they are read back together: a GPU need not wait for each. */
const readEvery = 32;

/** See `LanguageModel.generateMany`. What is drawn in a step is what is read in the next, without leaving the device. */
export async function generateMany(model: LanguageModel, options: GenerateManyOptions): Promise<Uint32Array[]> {
  const {length, prompts, seed = 1, signal, temperature, topK, topP} = options;
  expectLength(length, 0);
  expectSamplingOptions(options);
  for (const prompt of prompts) expectPrompt('generateMany', prompt, model);
  const streams = prompts.map(() => new Uint32Array(length));
  if (length === 0 || prompts.length === 0) return streams;
  const pause = new Pause();
  let {logits, states} = readPrompts(model, prompts);
  let drawn: Tensor1D[] = []; // [B] each, those of the last steps
  try {
    for (let count = 0; count < length; count++) {
      signal?.throwIfAborted();
      if (count > 0) {
        const before = {logits, states};
        ({logits, states} = step(model, drawn.at(-1)!, states));
        dispose([before.logits, before.states]);
      }
      if (drawn.length === readEvery) drawn = await readBack(drawn, streams, count);
      const stepSeed = (Math.imul(seed, 0x9e3779b1) + count) | 0;
      drawn.push(sampleCategorical({logits, seed: stepSeed, temperature, topK, topP}));
      await pause.whenDue();
    }
    drawn = await readBack(drawn, streams, length);
  } finally {
    dispose([logits, states, drawn]);
  }
  return streams;
}

/** The logits after one more symbol a stream, `[B, V]`, and the states. */
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

/** Brings drawn ids over, the last of them the one before place `end` of each stream, and lets go of them. */
async function readBack(drawn: Tensor1D[], streams: readonly Uint32Array[], end: number): Promise<Tensor1D[]> {
  const together = stack(drawn); // [steps, B]
  const values = await together.data();
  dispose([together, drawn]);
  values.forEach((id, index) => {
    streams[index % streams.length]![end - drawn.length + Math.floor(index / streams.length)] = id;
  });
  return [];
}
