import {CharacterVocabulary} from '@gatefold/text8-data';
import {expect, it} from 'vitest';
import {sampleSentences} from './samples';

const vocabulary = new CharacterVocabulary();

interface Asked {
  prompt?: ArrayLike<number>;
  length: number;
  seed?: number;
}

async function asked(seed: number, step: number): Promise<{sentences: string[]; calls: Asked[]}> {
  const calls: Asked[] = [];
  const generate = async (options: Asked) => {
    calls.push(options);
    return new Uint32Array(options.length).fill(5);
  };
  return {...(await sampleSentences({generate}, {vocabulary, seed, step})), calls};
}

it('draws five sentences of 80 characters from first characters of their own', async () => {
  const {sentences, calls} = await asked(1, 1000);
  expect(sentences.map((sentence) => sentence.length)).toEqual([80, 80, 80, 80, 80]);
  expect(sentences[0]).toBe(vocabulary.decode(calls[0]!.prompt!) + 'e'.repeat(79));
  expect(new Set(sentences.map((sentence) => sentence[0])).size).toBeGreaterThan(2);
});

it('draws with seeds that follow from the seed, the step and the sentence, and differ', async () => {
  const seeds = async (seed: number, step: number) => (await asked(seed, step)).calls.map((call) => call.seed);
  const first = await seeds(1, 1000);
  expect(await seeds(1, 1000)).toEqual(first);
  expect(new Set([...first, ...(await seeds(1, 2000)), ...(await seeds(2, 1000))]).size).toBe(15);
});
