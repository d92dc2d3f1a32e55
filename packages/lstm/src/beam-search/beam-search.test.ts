import {IdRangeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {LanguageModel} from '../language-model/language-model';

const vocabularySize = 4;
const prompt = [1, 2];

/** A model with opinions: fresh weights hardly prefer one symbol to another. */
function opinionated(): LanguageModel {
  const model = new LanguageModel({vocabularySize, hiddenSizes: [6], seed: 11, embeddingSize: 5});
  for (const name of ['lstm0.kernel', 'output.kernel']) {
    const kernel = model.parameters[name]!;
    tf.tidy(() => kernel.assign(tf.mul(kernel, 12)));
  }
  return model;
}

/** Every continuation of so many symbols, or up to the first `end`. */
function continuations(length: number, end?: number): number[][] {
  const extend = (ids: number[]): number[][] =>
    ids.length === length || (ids.length > 0 && ids.at(-1) === end)
      ? [ids]
      : Array.from({length: vocabularySize}, (_, id) => extend([...ids, id])).flat();
  return extend([]);
}

/** The log-probability of a continuation, from the model's own forward pass. */
async function logProbability(model: LanguageModel, ids: readonly number[]): Promise<number> {
  const read = [...prompt, ...ids];
  const all = tf.tidy(() => tf.logSoftmax(model.forward(tf.tensor2d(read, [read.length, 1], 'int32')).logits));
  const values = await all.data(); // [T, 1, V]
  all.dispose();
  return ids.reduce((sum, id, index) => sum + values[(prompt.length + index - 1) * vocabularySize + id]!, 0);
}

describe.each(backendsUnderTest)('beam search on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each([
    [4, undefined, 1],
    [3, 2, 1],
    [3, 2, 0],
    [3, 2, 0.6],
  ])(
    'as wide as there are continuations, it ranks them as trying all does (length %i, end %s, penalty %d)',
    async (length, end, lengthPenalty) => {
      const model = opinionated();
      const tried = await Promise.all(
        continuations(length, end).map(async (ids) => {
          const total = await logProbability(model, ids);
          return {ids, total, score: total / ids.length ** lengthPenalty};
        }),
      );
      tried.sort((left, right) => right.score - left.score);
      const found = await model.beamSearch({prompt, length, width: 300, end, lengthPenalty});
      expect(found.map(({ids}) => [...ids])).toEqual(tried.map(({ids}) => ids));
      expectClose(
        found.flatMap(({logProbability, score}) => [logProbability, score]),
        tried.flatMap(({total, score}) => [total, score]),
        {relative},
      );
      expect(found.map(({ended}) => ended)).toEqual(tried.map(({ids}) => ids.at(-1) === end));
      model.dispose();
    },
  );

  test('of width 1 is greedy', async () => {
    const model = opinionated();
    const greedy = await model.generate({prompt, length: 30, topK: 1});
    const found = await model.beamSearch({prompt, length: 30, width: 1});
    expect(found.map(({ids}) => ids)).toEqual([greedy]);
    const end = greedy[5]!;
    const [first] = await model.beamSearch({prompt, length: 30, width: 1, end});
    expect(first!.ids).toEqual(greedy.subarray(0, greedy.indexOf(end) + 1));
    expect(first!.ended).toBe(true);
    model.dispose();
  });

  test('of a greater width finds what is at least as likely, and says how likely', async () => {
    const model = opinionated();
    let best = Number.NEGATIVE_INFINITY;
    for (const width of [1, 4, 256]) {
      const found = await model.beamSearch({prompt, length: 4, width, results: 3});
      expect(found).toHaveLength(Math.min(width, 3));
      expect(found[0]!.logProbability).toBeGreaterThanOrEqual(best - 1e-4);
      best = found[0]!.logProbability;
      for (const {ids, logProbability: received} of found) {
        expectClose([received], [await logProbability(model, [...ids])], {relative});
      }
    }
    model.dispose();
  });

  test('refuses what it cannot search', async () => {
    const model = opinionated();
    const search = (options: object) => model.beamSearch({prompt, length: 3, ...options});
    await expect(search({prompt: []})).rejects.toThrow('the prompt is empty');
    await expect(search({prompt: [4]})).rejects.toThrow(IdRangeError);
    await expect(search({end: 4})).rejects.toThrow(IdRangeError);
    await expect(search({length: 0})).rejects.toThrow('length is 0');
    await expect(search({width: 0})).rejects.toThrow('width is 0');
    await expect(search({beamWidth: 4} as object)).rejects.toThrow('beamSearch has no option "beamWidth"');
    await expect(search({results: 1.5})).rejects.toThrow('results is 1.5');
    await expect(search({lengthPenalty: -1})).rejects.toThrow('lengthPenalty is -1');
    await expect(search({signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow('enough');
    tf.tidy(() => model.parameters['output.bias']!.assign(tf.fill([vocabularySize], Number.NaN)));
    await expect(search({})).rejects.toThrow(RangeError);
    model.dispose();
  });

  test('leaves no tensor behind where the weights hold NaN', async () => {
    await expectNoLeak(async () => {
      const model = opinionated();
      tf.tidy(() => model.parameters['output.bias']!.assign(tf.fill([vocabularySize], Number.NaN)));
      await expect(model.beamSearch({prompt, length: 6})).rejects.toThrow(RangeError);
      model.dispose();
    });
  });

  test('leaves no tensor behind', async () => {
    await expectNoLeak(async () => {
      const model = opinionated();
      await model.beamSearch({prompt, length: 6, width: 5, end: 3});
      model.dispose();
    });
  });
});
