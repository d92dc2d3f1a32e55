import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, seededIds, startBackend} from '@gatefold/test-kit';
import {SequenceBatches} from '@gatefold/text8-data';
import {beforeAll, describe, expect, test} from 'vitest';
import {LanguageModel} from './language-model';

/** A text with something to learn: after an even symbol comes the next, after an odd one any. */
const drawn = seededIds(20_000, 27, 5);
const text = Uint8Array.from(drawn, (_, index) => (index % 2 === 1 ? (drawn[index - 1]! + 1) % 27 : drawn[index]!));

/** The losses of the first 20 steps of the classic exercise: LSTM 64, T 10, B 64, SGD at 10, gradients clipped to 1.25. */
async function firstLosses(): Promise<number[]> {
  const model = new LanguageModel({vocabularySize: 27, hiddenSizes: [64], seed: 1});
  const losses: number[] = [];
  const training = model.fit(new SequenceBatches(text, {batchSize: 64, sequenceLength: 10}), {
    steps: 20,
    optimizer: {kind: 'sgd', learningRate: 10},
    clipNorm: 1.25,
  });
  for await (const event of training) if (event.kind === 'step') losses.push(event.loss);
  model.dispose();
  return losses;
}

describe.each(backendsUnderTest)('the exercise on %s', (backend) => {
  let expected: number[];
  beforeAll(async () => {
    await useBackend('cpu');
    expected = await firstLosses();
    await startBackend(useBackend, backend);
  });

  test('has the same first 20 losses as on cpu within 1e-4, from the same seed', async () => {
    expect(expected).toHaveLength(20);
    expect(expected[19]).toBeLessThan(expected[0]! - 0.1);
    expectClose(await firstLosses(), expected, {relative: 0, absolute: 1e-4});
  });
});
