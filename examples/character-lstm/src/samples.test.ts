import {expect, it} from 'vitest';
import {programs} from './programs';
import {sampleSentences} from './samples';
import {type Symbols, symbolsOf} from './symbols';

const {vocabulary, charactersPerSymbol} = symbolsOf(programs['fused-gates']);

interface Asked {
  prompt?: ArrayLike<number>;
  length: number;
  seed?: number;
}

async function asked(
  seed: number,
  step: number,
  symbols: Pick<Symbols, 'vocabulary' | 'charactersPerSymbol'> = {vocabulary, charactersPerSymbol},
): Promise<{sentences: string[]; calls: Asked[]}> {
  const calls: Asked[] = [];
  const generate = async (options: Asked) => {
    calls.push(options);
    return new Uint32Array(options.length).fill(5);
  };
  return {...(await sampleSentences({generate}, {symbols, seed, step})), calls};
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

it.each([
  ['bigram', 39],
  ['overlapping-bigram', 79],
] as const)('draws 80 characters of %ss too', async (program, length) => {
  const {sentences, calls} = await asked(1, 1000, symbolsOf(programs[program]));
  for (const sentence of sentences) expect(sentence).toHaveLength(80);
  for (const call of calls) expect(call.length).toBe(length);
});
