import {createHash} from 'node:crypto';
import type {LanguageModel} from '@gatefold/lstm';
import {exercise} from './exercise';
import type {SampleSet} from './history';
import type {Symbols} from './symbols';

export interface SampleOptions {
  symbols: Pick<Symbols, 'vocabulary' | 'charactersPerSymbol'>;
  seed: number;
  step: number;
}

/**
 * Sentences drawn from the model's distribution, each from a random first symbol. What is drawn follows from the seed,
 * the step and the sentence alone, so a resumed run draws what an uninterrupted one would have.
 */
export async function sampleSentences(
  model: Pick<LanguageModel, 'generate'>,
  {symbols: {vocabulary, charactersPerSymbol}, seed, step}: SampleOptions,
): Promise<SampleSet> {
  const sentences: string[] = [];
  for (let sentence = 0; sentence < exercise.sentences; sentence++) {
    // A hash, since small seeds side by side would start the generator in states side by side.
    const digest = createHash('sha256').update(`${seed} ${step} ${sentence}`).digest();
    const first = digest.readUInt32LE(0) % vocabulary.size;
    const rest = await model.generate({
      prompt: [first],
      length: exercise.sentenceLength / charactersPerSymbol - 1,
      seed: digest.readUInt32LE(4),
    });
    sentences.push(vocabulary.decode([first, ...rest]).slice(0, exercise.sentenceLength));
  }
  return {step, sentences};
}
