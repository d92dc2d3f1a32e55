import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {beforeAll, describe, expect, test} from 'vitest';
import fixture from './fixtures/steps.json';
import {type MinibatchSettings, resolveSettings} from './minibatch-settings';
import {type Batch, PredictionModel} from './prediction-model';

const words = 9;
const {weights, dimension} = fixture;

function modelOf(settings: MinibatchSettings): PredictionModel {
  const {embeddings, outputs, biases} = weights;
  const floats = {embeddings: Float32Array.from(embeddings), outputs: Float32Array.from(outputs)};
  const resolved = resolveSettings({dimension, ...settings}, words);
  return new PredictionModel(
    resolved.loss.kind === 'negativeSampling' ? floats : {...floats, biases: Float32Array.from(biases)},
    resolved,
  );
}

async function valuesOf({parameters}: PredictionModel): Promise<Record<string, Float32Array>> {
  const entries = Object.entries(parameters).map(
    async ([name, value]) => [name, (await value.data<'float32'>()).slice()] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function stepped(model: PredictionModel, batch: Batch, samples: number[]): Promise<Record<string, Float32Array>> {
  model.step(batch, {samples: Int32Array.from(samples)}, {step: 0, learningRate: 0.5}).dispose();
  const values = await valuesOf(model);
  model.dispose();
  return values;
}

describe.each(backendsUnderTest)('a step on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(fixture.cases)(
    `$model of $contextReduction, $loss, Adagrad: two steps within 1e-5 of ${fixture.source}`,
    async ({model: kind, contextReduction, loss, losses, after}) => {
      const settings = {model: kind, contextReduction, loss: {kind: loss, samples: 5}, optimizer: 'adagrad'};
      const model = modelOf(settings as MinibatchSettings);
      for (const [step, given] of fixture.steps.entries()) {
        const {targets, samples, logCounts} = given;
        const inputs = Int32Array.from(given[kind as 'skipGram' | 'cbow']);
        const sampled = {
          samples: Int32Array.from(samples),
          logCounts: {targets: Float32Array.from(logCounts.targets), samples: Float32Array.from(logCounts.samples)},
        };
        const found = model.step({inputs, targets: Int32Array.from(targets)}, sampled, {step, learningRate: 1});
        expectClose(await found.data(), [losses[step]!], {relative: 1e-5});
        found.dispose();
      }
      const values = await valuesOf(model);
      for (const [name, expected] of Object.entries(after)) {
        expectClose(values[name]!, expected, {relative: 1e-5, absolute: 1e-6});
      }
      model.dispose();
    },
  );

  test.each(['sum', 'mean'] as const)(
    'a %s of fewer words than are given is that of those',
    async (contextReduction) => {
      const settings: MinibatchSettings = {model: 'cbow', contextReduction};
      const samples = [4, 5, 6, 4];
      const narrow = {inputs: Int32Array.of(1, 2, 3, 8), targets: Int32Array.of(0, 7)};
      const wide = {...narrow, inputs: Int32Array.of(1, 2, 2, 2, 3, 8, 8, 8), sizes: Int32Array.of(2, 2)};
      const [expected, found] = [
        await stepped(modelOf(settings), narrow, samples),
        await stepped(modelOf(settings), wide, samples),
      ];
      for (const [name, values] of Object.entries(expected)) expectClose(found[name]!, values, {relative: 1e-6});
    },
  );

  test('negatives count for as much, however many share it', async () => {
    const batch = {inputs: Int32Array.of(1, 2), targets: Int32Array.of(0, 7)};
    const loss = (samples: number) => ({loss: {kind: 'negativeSampling', negativeSamples: 4, samples}}) as const;
    const twice = await stepped(modelOf(loss(8)), batch, [3, 4, 5, 6, 3, 4, 5, 6]);
    const once = await stepped(modelOf(loss(4)), batch, [3, 4, 5, 6]);
    for (const [name, values] of Object.entries(once)) expectClose(twice[name]!, values, {relative: 1e-5});
  });

  test('of a full softmax the loss is that over all words', async () => {
    const model = modelOf({loss: {kind: 'fullSoftmax'}});
    const batch = {inputs: Int32Array.of(3), targets: Int32Array.of(2)};
    const samples = Int32Array.from({length: words}, (_, id) => id);
    const loss = model.step(batch, {samples}, {step: 0, learningRate: 1});
    const x = weights.embeddings.slice(3 * dimension, 4 * dimension);
    const scores = weights.biases.map((bias, word) =>
      x.reduce((sum, value, at) => sum + value * weights.outputs[word * dimension + at]!, bias),
    );
    const expected = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[2]!;
    expectClose(await loss.data(), [expected], {relative: 1e-5});
    loss.dispose();
    model.dispose();
  });

  test.each(['sgd', 'momentum', 'adagrad', 'adam'] as const)(
    '%s leaves rows alone that are not touched',
    async (optimizer) => {
      const batch = {inputs: Int32Array.of(1, 2), targets: Int32Array.of(0, 7)};
      const values = await stepped(modelOf({optimizer, loss: {kind: 'noiseContrastive', samples: 2}}), batch, [3, 4]);
      const changed = (name: 'embeddings' | 'outputs') =>
        Array.from({length: words}, (_, row) => row).filter((row) =>
          weights[name]
            .slice(row * dimension, (row + 1) * dimension)
            .some((value, at) => values[name]![row * dimension + at] !== Math.fround(value)),
        );
      expect(changed('embeddings')).toEqual([1, 2]);
      expect(changed('outputs')).toEqual([0, 3, 4, 7]);
    },
  );

  test('nothing is left behind', async () => {
    await expectNoLeak(() => {
      const model = modelOf({model: 'cbow', loss: {kind: 'sampledSoftmax', samples: 3}});
      const batch = {inputs: Int32Array.of(1, 2, 3, 4), targets: Int32Array.of(0, 7)};
      for (let step = 0; step < 5; step++) {
        model.step(batch, {samples: Int32Array.of(5, 6, 7)}, {step, learningRate: 1}).dispose();
      }
      model.dispose();
    });
  });
});
