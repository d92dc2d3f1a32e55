import {expectKnownOptions} from '@gatefold/training';
import {uniformInt} from 'pure-rand/distribution/uniformInt';
import {expectSamplingOptions, samplingOptions} from '../sampling/sampling-options';
import {seededGenerator} from '../sampling/seeded-generator';
import {type GenerateManyOptions, generateMany} from './generate-many';
import type {LanguageModel} from './language-model';
import {expectLength} from './prompts';

export interface GenerateOptions extends Omit<GenerateManyOptions, 'prompts'> {
  /**
   * Ids the model reads first, at least one, which are not returned. Where it is left out, the first symbol is drawn
   * uniformly and is part of the result.
   */
  prompt?: ArrayLike<number>;
}

const known: Readonly<Record<keyof GenerateOptions, true>> = {
  ...{length: true, prompt: true, seed: true, signal: true},
  ...samplingOptions,
};

/** See `LanguageModel.generate`. */
export async function generate(model: LanguageModel, given: GenerateOptions): Promise<Uint32Array> {
  expectKnownOptions('generate', given, known);
  const {prompt, ...options} = given;
  const {length, seed = 1} = options;
  if (prompt !== undefined) return (await generateMany(model, {...options, prompts: [prompt]}))[0]!;
  expectLength(length, 0);
  expectSamplingOptions(options);
  if (length === 0) return new Uint32Array();
  const first = uniformInt(seededGenerator(seed), 0, model.configuration.vocabularySize - 1);
  const [rest] = await generateMany(model, {...options, length: length - 1, prompts: [[first]]});
  return Uint32Array.from([first, ...rest!]);
}
