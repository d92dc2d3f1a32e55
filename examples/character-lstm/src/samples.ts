import {createHash} from 'node:crypto';
import type {LanguageModel} from '@gatefold/lstm';
import type {CharacterVocabulary} from '@gatefold/text8-data';
import {exercise} from './exercise';
import type {SampleSet} from './history';

export interface SampleOptions {
  vocabulary: CharacterVocabulary;
  seed: number;
  step: number;
}

/**
 * Sentences drawn from the model's distribution, each from a random first character. What is drawn follows from the seed,
 * the step and the sentence alone, so a resumed run draws what an uninterrupted one would have.
 */
export async function sampleSentences(
  model: Pick<LanguageModel, 'generate'>,
  {vocabulary, seed, step}: SampleOptions,
): Promise<SampleSet> {
  const sentences: string[] = [];
  for (let sentence = 0; sentence < exercise.sentences; sentence++) {
    // A hash, since small seeds side by side would start the generator in states side by side.
    const digest = createHash('sha256').update(`${seed} ${step} ${sentence}`).digest();
    const first = digest.readUInt32LE(0) % vocabulary.size;
    const rest = await model.generate({
      prompt: [first],
      length: exercise.sentenceLength - 1,
      seed: digest.readUInt32LE(4),
    });
    sentences.push(vocabulary.decode([first, ...rest]));
  }
  return {step, sentences};
}
