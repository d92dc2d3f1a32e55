import {Pause} from '@gatefold/training';
import {dispose, tensor2d} from '@tensorflow/tfjs-core';
import {uniformInt} from 'pure-rand/distribution/uniformInt';
import type {RecurrentState} from '../recurrent-layer/recurrent-layer';
import {drawFromLogits, expectSamplingOptions, type SamplingOptions} from '../sampling/draw';
import {seededGenerator} from '../sampling/seeded-generator';
import type {LanguageModel} from './language-model';
import {expectLength, expectPrompt} from './prompts';

export interface GenerateOptions extends SamplingOptions {
  /** How many symbols to draw, 0 or more. */
  length: number;
  /**
   * Ids the model reads first, at least one, which are not returned. Where it is left out, the first symbol is drawn
   * uniformly and is part of the result.
   */
  prompt?: ArrayLike<number>;
  /** The same seed draws the same symbols, on every backend as far as its logits agree. Default 1. */
  seed?: number;
  /** Stops between two symbols, with the signal's reason as the error. */
  signal?: AbortSignal;
}

/** See `LanguageModel.generate`. One forward pass of a single step for every symbol. */
export async function generate(model: LanguageModel, options: GenerateOptions): Promise<Uint32Array> {
  const {length, prompt, seed = 1, signal} = options;
  expectLength(length, 0);
  expectSamplingOptions(options);
  if (prompt) expectPrompt('generate', prompt, model);
  const generator = seededGenerator(seed);
  const drawn = new Uint32Array(length);
  let count = 0;
  let read = prompt ?? [];
  if (!prompt && length > 0) {
    drawn[count++] = uniformInt(generator, 0, model.configuration.vocabularySize - 1);
    read = drawn.subarray(0, 1);
  }
  const pause = new Pause();
  let states: RecurrentState[] | undefined;
  try {
    for (; count < length; count++) {
      signal?.throwIfAborted();
      const ids = tensor2d(Int32Array.from(read), [read.length, 1], 'int32');
      const {logits, states: next} = model.forward(ids, states);
      dispose([ids, states ?? []]);
      states = next;
      const values = await logits.data(); // [T, 1, V]
      logits.dispose();
      drawn[count] = drawFromLogits(values.subarray(-model.configuration.vocabularySize), options, generator);
      read = [drawn[count]!];
      await pause.whenDue();
    }
  } finally {
    dispose(states ?? []);
  }
  return drawn;
}
