import {IdRangeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectNoLeak, seededIds, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import type {GenerateOptions} from './generate';
import {LanguageModel} from './language-model';

const vocabularySize = 9;
const configuration = {vocabularySize, hiddenSizes: [8, 7], seed: 5};

/** A model with opinions: fresh weights hardly prefer one symbol to another. */
function opinionated(given: Partial<typeof configuration> & {cell?: 'gru'} = {}): LanguageModel {
  const model = new LanguageModel({...configuration, ...given});
  const kernel = model.parameters['output.kernel']!;
  tf.tidy(() => kernel.assign(tf.mul(kernel, 40)));
  return model;
}

describe.each(backendsUnderTest)('many streams on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each([undefined, 'gru' as const])(
    'greedy streams of prompts of any length are those of generate (%s)',
    async (cell) => {
      const model = opinionated({cell});
      const prompts = [[1], [2, 3, 4, 5], [6, 7], [2, 3, 4, 5]];
      const streams = await model.generateMany({prompts, length: 70, topK: 1}); // read back more than twice
      const alone = await Promise.all(prompts.map((prompt) => model.generate({prompt, length: 70, topK: 1})));
      expect(streams).toEqual(alone);
      model.dispose();
    },
  );

  test('draws the same for the same seed, another for another, and one stream differs from the next', async () => {
    const model = opinionated();
    const options = {prompts: Array<number[]>(6).fill([1, 2]), length: 40, seed: 3};
    const streams = await model.generateMany(options);
    expect(await model.generateMany(options)).toEqual(streams);
    expect(await model.generateMany({...options, seed: 4})).not.toEqual(streams);
    expect(new Set(streams.map(String)).size).toBe(6);
    model.dispose();
  });

  test('draws each symbol as often as its probability says, within 0.03 of 3000 streams', async () => {
    const model = opinionated();
    const prompt = [1, 2, 3];
    const drawn = await model.generateMany({prompts: Array(3000).fill(prompt), length: 1, temperature: 0.7, seed: 8});
    const {logits} = model.forward(tf.tensor2d(prompt, [3, 1], 'int32'));
    const last = tf.reshape(tf.slice(logits, 2, 1), [vocabularySize]);
    const probabilities = await tf.softmax(tf.div(last, 0.7)).data();
    probabilities.forEach((probability, id) => {
      const share = drawn.filter(([first]) => first === id).length / 3000;
      expect(Math.abs(share - probability)).toBeLessThan(0.03);
    });
    model.dispose();
  });

  test('restricted to the most likely symbols, draws no other', async () => {
    const model = opinionated();
    const prompts = Array<number[]>(50).fill([1, 2]);
    const {logits} = model.forward(tf.tensor2d([1, 2], [2, 1], 'int32'));
    const last = Array.from(await tf.reshape(tf.slice(logits, 1, 1), [vocabularySize]).data());
    const ranked = last.map((_, id) => id).sort((left, right) => last[right]! - last[left]!);
    for (const options of [{topK: 2}, {topP: 1e-6}]) {
      const allowed = ranked.slice(0, options.topK ?? 1);
      const drawn = await model.generateMany({prompts, length: 1, temperature: 5, ...options});
      for (const [first] of drawn) expect(allowed).toContain(first);
    }
    model.dispose();
  });

  test('of no prompts, or of no length, gives nothing', async () => {
    const model = opinionated();
    expect(await model.generateMany({prompts: [], length: 5})).toEqual([]);
    expect(await model.generateMany({prompts: [[1], [2]], length: 0})).toEqual([new Uint32Array(), new Uint32Array()]);
    model.dispose();
  });

  test('refuses empty prompts, unknown ids, temperatures of 0 and below, and other options out of range', async () => {
    const model = opinionated();
    const many = (options: object) => model.generateMany({prompts: [[1]], length: 3, ...options});
    await expect(many({prompts: [[1], []]})).rejects.toThrow('the prompt is empty');
    await expect(many({prompts: [[vocabularySize]]})).rejects.toThrow(IdRangeError);
    await expect(many({temperature: 0})).rejects.toThrow('temperature is 0');
    await expect(many({temperature: -1})).rejects.toThrow('temperature is -1');
    await expect(many({topK: 0})).rejects.toThrow('topK is 0');
    await expect(many({topP: 1.1})).rejects.toThrow('topP is 1.1');
    await expect(many({length: 0.5})).rejects.toThrow('length is 0.5');
    await expect(many({signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow('enough');
    await expect(model.generate({length: 3, prompt: []})).rejects.toThrow('the prompt is empty');
    await expect(model.generate({length: 3, topP: 0})).rejects.toThrow('topP is 0');
    await expect(model.generate({length: 3, prompt: ''} as object as GenerateOptions)).rejects.toThrow(
      'the prompt is empty',
    );
    await expect(many({temprature: 2})).rejects.toThrow('generateMany has no option "temprature"; did you mean');
    await expect(model.generate({length: 3, prompts: [[1]]} as GenerateOptions)).rejects.toThrow(
      'generate has no option "prompts"; did you mean "prompt"?',
    );
    await expect(model.evaluate([1, 2], {charactersPerSymbols: 2} as object)).rejects.toThrow(
      'evaluate has no option "charactersPerSymbols"; did you mean "charactersPerSymbol"?',
    );
    model.dispose();
  });

  test('says that the weights hold NaN', async () => {
    const model = opinionated();
    tf.tidy(() => model.parameters['output.bias']!.assign(tf.fill([vocabularySize], Number.NaN)));
    await expect(model.generateMany({prompts: [[1]], length: 3})).rejects.toThrow(RangeError);
    model.dispose();
  });

  test('leaves no tensor behind, not even when stopped', async () => {
    await expectNoLeak(async () => {
      const model = opinionated();
      const prompts = [Array.from(seededIds(5, vocabularySize, 1)), [1]];
      await model.generateMany({prompts, length: 40});
      const controller = new AbortController();
      const stopped = model.generateMany({prompts, length: 1e6, signal: controller.signal});
      setTimeout(() => controller.abort(), 20);
      await expect(stopped).rejects.toThrow();
      model.dispose();
    });
  });
});
