import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {Training} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {harmonicSeries, SameBatch, windowsOf} from './series';
import {SeriesModel} from './series-model';

const series = harmonicSeries(31);
const batch = windowsOf(series, [0, 5, 20], 10);

test('windows are one value apart from their targets', () => {
  const {inputs, targets, shape} = windowsOf(series, [0, 5], 3);
  expect(shape).toEqual([3, 2, 1]);
  expect([...inputs]).toEqual([...Float32Array.of(1, 1 / 6, 1 / 2, 1 / 7, 1 / 3, 1 / 8)]);
  expect([...targets]).toEqual([...Float32Array.of(1 / 2, 1 / 7, 1 / 3, 1 / 8, 1 / 4, 1 / 9)]);
});

describe.each(backendsUnderTest)('SeriesModel on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('learns the series, and leaves no tensor', async () => {
    await expectNoLeak(async () => {
      const model = new SeriesModel({hiddenSize: 8, dropout: 0.2, seed: 1});
      const before = await model.evaluate(batch);
      const training = new Training(model, new SameBatch(batch), {
        steps: 200,
        optimizer: {kind: 'sgd', learningRate: 0.5},
        clipNorm: 1.25,
      });
      for await (const _ of training);
      expect(await model.evaluate(batch)).toBeLessThan(0.6 * before);
      training.dispose();
      model.dispose();
    });
  });

  test('drops outputs by the step, and nothing in evaluation', async () => {
    const model = new SeriesModel({hiddenSize: 8, dropout: 0.5, seed: 1});
    tf.tidy(() => model.parameters.outputBias.assign(tf.tensor1d([0.1])));
    const loss = async (step: number) => (await model.loss(batch, step).data())[0];
    expect(await loss(1)).toBe(await loss(1));
    expect(await loss(1)).not.toBe(await loss(2));
    expect(await model.evaluate(batch)).toBe(await model.evaluate(batch));
    model.dispose();
  });
});
