import {dropoutMask, gruReference, lstmReference, useBackend, valueAndGradients} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededIds, startBackend} from '@gatefold/test-kit';
import {SequenceBatches} from '@gatefold/text8-data';
import type {Checkpoint, TrainingEvent} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import type {LanguageModelConfiguration} from './configuration';
import {type FitOptions, LanguageModel} from './language-model';

const [steps, batch, symbols] = [5, 3, 7];
const configuration: LanguageModelConfiguration = {vocabularySize: symbols, hiddenSizes: [6, 5], seed: 2};
const text = Uint8Array.from(seededIds(400, symbols, 4));
const batches = () => new SequenceBatches(text, {batchSize: batch, sequenceLength: steps});
const options: FitOptions = {steps: 12, optimizer: {kind: 'adam', learningRate: 0.05}, clipNorm: 1.25, reportEvery: 4};
const ids = () => tf.tensor2d(seededIds(steps * batch, symbols, 1), [steps, batch], 'int32');

async function all(training: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of training) events.push(event);
  return events;
}

const losses = (events: TrainingEvent[]) => events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));

async function lossesOf(given: LanguageModelConfiguration): Promise<number[]> {
  const model = new LanguageModel(given);
  const result = losses(await all(model.fit(batches(), options)));
  model.dispose();
  return result;
}

/** What layer normalisation does before it multiplies and adds. */
function normalized(rows: tf.Tensor): tf.Tensor {
  const {mean, variance} = tf.moments(rows, -1, true);
  return tf.div(tf.sub(rows, mean), tf.sqrt(tf.add(variance, 1e-5)));
}

/** The logits of a model as its equations read, from the reference of its cell. */
function plainLogits(
  model: LanguageModel,
  x: tf.Tensor2D,
  masks: readonly tf.Tensor[] = [],
  candidateMasks: readonly tf.Tensor3D[] = [],
): tf.Tensor {
  const {cell, hiddenSizes, layerNormalization} = model.configuration;
  const weights = model.parameters as unknown as Record<string, tf.Tensor2D>;
  const oneHot = tf.cast(tf.oneHot(tf.reshape(x, [-1]), symbols), 'float32');
  const table = weights.embedding;
  const thinned = (values: tf.Tensor, place: number) => (masks[place] ? tf.mul(values, masks[place]) : values);
  let values: tf.Tensor = table
    ? thinned(tf.reshape(tf.matMul(oneHot, table), [steps, batch, -1]), 0)
    : tf.reshape(oneHot, [steps, batch, -1]);
  hiddenSizes.forEach((size, layer) => {
    const name = `${cell}${layer}`;
    const inputs = {
      x: values as tf.Tensor3D,
      kernel: weights[`${name}.kernel`]!,
      recurrentKernel: weights[`${name}.recurrentKernel`]!,
      bias: weights[`${name}.bias`] as tf.Tensor as tf.Tensor1D,
      hidden: tf.zeros([batch, size]) as tf.Tensor2D,
      candidateMask: candidateMasks[layer],
    };
    const part = (of: string) => weights[`${name}.${of}`]!;
    const projected = (hidden: tf.Tensor) => {
      const rows = tf.reshape(hidden, [-1, size]);
      return part('projection') ? tf.matMul(rows, part('projection')) : rows;
    };
    const scaled = (rows: tf.Tensor, by: string) => tf.mul(normalized(rows), part(by));
    const fromState = (hidden: tf.Tensor2D) => tf.matMul(projected(hidden), part('recurrentKernel'));
    const variant = layerNormalization
      ? {
          ofInput: (product: tf.Tensor) => scaled(product, 'inputScale'),
          fromState: (hidden: tf.Tensor2D) => scaled(fromState(hidden), 'recurrentScale'),
          ofCell: (cell: tf.Tensor2D) => tf.add(scaled(cell, 'cellScale'), part('cellShift')) as tf.Tensor2D,
        }
      : {fromState};
    const {outputs} =
      cell === 'gru'
        ? gruReference(inputs)
        : lstmReference({...inputs, cell: inputs.hidden, forgetBias: model.configuration.forgetBias}, variant);
    values = thinned(tf.reshape(projected(outputs), [steps, batch, -1]), layer + 1);
  });
  const kernel = weights['output.kernel'] ?? tf.transpose(table!);
  const flat = tf.matMul(tf.reshape(values, [steps * batch, -1]), kernel);
  return tf.reshape(tf.add(flat, weights['output.bias'] as tf.Tensor), [steps, batch, symbols]);
}

describe.each(backendsUnderTest)('the options of LanguageModel on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each<Partial<LanguageModelConfiguration>>([
    {embeddingSize: 9},
    {embeddingSize: 9, forgetBias: 1},
    {cell: 'gru'},
    {cell: 'gru', embeddingSize: 4},
    {embeddingSize: 5, tiedEmbedding: true},
    {projectionSize: 3},
    {embeddingSize: 4, tiedEmbedding: true, projectionSize: 4, forgetBias: 1},
    {layerNormalization: true},
    {embeddingSize: 4, layerNormalization: true, forgetBias: 1},
  ])('%j gives the logits and gradients of the equations, within 1e-5 (webgl 1e-3)', async (given) => {
    const model = new LanguageModel({...configuration, ...given});
    const [x, weight] = [ids(), tf.randomUniform([steps, batch, symbols], -1, 1, 'float32', 3)];
    const parameters = Object.values(model.parameters);
    const gradients = (logits: () => tf.Tensor) =>
      valueAndGradients(() => tf.sum(tf.mul(logits(), weight)) as tf.Scalar, parameters);
    const logits = model.forward(x).logits;
    expectClose(await logits.data(), await plainLogits(model, x).data(), {relative, absolute: relative});
    const ours = gradients(() => model.forward(x).logits);
    const plain = gradients(() => plainLogits(model, x));
    for (const [index, parameter] of parameters.entries()) {
      const gradient = ours.gradients[index]!;
      const expected = await (plain.gradients[index] as tf.Tensor).data();
      if ('values' in gradient) {
        const [rows, values] = [await gradient.ids.data(), await gradient.values.data()];
        const width = parameter.shape[1]!;
        const dense = new Float32Array(expected.length);
        rows.forEach((row, at) => {
          if (row >= 0) dense.set(values.subarray(at * width, (at + 1) * width), row * width);
        });
        expectClose(dense, expected, {relative, absolute: relative});
      } else {
        expectClose(await gradient.data(), expected, {relative, absolute: relative});
      }
    }
    model.dispose();
  });

  test('separate gates have the weights and the losses of fused ones, within 1e-4 over 12 steps', async () => {
    const given = {...configuration, forgetBias: 0.5};
    expectClose(await lossesOf({...given, cell: 'separate-gates'}), await lossesOf(given), {relative: 1e-4});
    const embedded = {...given, embeddingSize: 3};
    expectClose(await lossesOf({...embedded, cell: 'separate-gates'}), await lossesOf(embedded), {relative: 1e-4});
  });

  test('dropout thins inputs and outputs of the cells, never the state, and only where there is a seed', async () => {
    const given = {...configuration, embeddingSize: 9};
    const [whole, thinned] = [new LanguageModel(given), new LanguageModel({...given, dropout: 0.4})];
    const x = ids();
    expect(await thinned.forward(x).logits.data()).toEqual(await whole.forward(x).logits.data());
    const dropoutSeed = 77;
    const masks = [9, 6, 5].map((size, place) => {
      const seed = (dropoutSeed + Math.imul(place, 0x85ebca6b)) | 0;
      return dropoutMask({shape: [steps, batch, size], rate: 0.4, seed});
    });
    const {logits} = thinned.forward(x, undefined, {dropoutSeed});
    expectClose(await logits.data(), await plainLogits(thinned, x, masks).data(), {relative, absolute: relative});
    expect((await thinned.evaluate(text)).loss).toBe((await whole.evaluate(text)).loss);
    const prompt = [1, 2];
    expect(await thinned.generate({length: 9, prompt})).toEqual(await whole.generate({length: 9, prompt}));
    for (const model of [whole, thinned]) model.dispose();
  });

  test.each([undefined, 'gru' as const])(
    'recurrent dropout thins the candidates of the cells, cell %s',
    async (cell) => {
      const given = {...configuration, cell, embeddingSize: 9};
      const model = new LanguageModel({...given, recurrentDropout: 0.4});
      const [x, dropoutSeed] = [ids(), 77];
      const masks = [6, 5].map((size, place) => {
        const seed = (dropoutSeed + Math.imul(place, 0x85ebca6b)) | 0;
        return dropoutMask({shape: [steps, batch, size], rate: 0.4, seed}) as tf.Tensor3D;
      });
      const {logits} = model.forward(x, undefined, {dropoutSeed});
      expectClose(await logits.data(), await plainLogits(model, x, [], masks).data(), {relative, absolute: relative});
      expectClose(await model.forward(x).logits.data(), await plainLogits(model, x).data(), {
        relative,
        absolute: relative,
      });
      model.dispose();
    },
  );

  test.each<Partial<LanguageModelConfiguration>>([
    {projectionSize: 3},
    {projectionSize: 4, embeddingSize: 4, tiedEmbedding: true, forgetBias: 1},
    {layerNormalization: true},
  ])('%j: writes what it says comes next, step by step', async (given) => {
    const model = new LanguageModel({...configuration, ...given});
    const [prompt, length] = [[1, 2, 3], 12];
    const written = await model.generate({prompt, length, topK: 1});
    const [best] = await model.beamSearch({prompt, length, width: 1});
    expect([...best!.ids]).toEqual([...written]);
    const seen = [...prompt, ...written];
    const {logits} = model.forward(tf.tensor2d(seen, [seen.length, 1], 'int32'));
    const likeliest = await tf.argMax(tf.reshape(logits, [seen.length, symbols]), 1).data();
    expect([...likeliest.slice(prompt.length - 1, -1)]).toEqual([...written]);
    model.dispose();
  });

  test('dropout differs from step to step, and is the same in each run', async () => {
    const given = {...configuration, embeddingSize: 9, dropout: 0.4};
    const first = await lossesOf(given);
    expect(await lossesOf(given)).toEqual(first);
    const model = new LanguageModel(given);
    const still = new SequenceBatches(text.subarray(0, 6), {batchSize: 3, sequenceLength: 6}); // the same batch again
    const repeated = losses(await all(model.fit(still, {...options, optimizer: {kind: 'sgd', learningRate: 1e-9}})));
    expect(new Set(repeated.map((loss) => loss.toFixed(4))).size).toBeGreaterThan(6);
    model.dispose();
  });

  test.each<Partial<LanguageModelConfiguration>>([
    {embeddingSize: 9, dropout: 0.4, forgetBias: 1},
    {cell: 'gru', embeddingSize: 5, tiedEmbedding: true, dropout: 0.2},
    {projectionSize: 3, dropout: 0.2, recurrentDropout: 0.2},
  ])('%j, stopped and resumed, ends with the same bits', async (given) => {
    const whole = new LanguageModel({...configuration, ...given});
    const expected = await all(whole.fit(batches(), options));
    const first = new LanguageModel({...configuration, ...given});
    const controller = new AbortController();
    const training = first.fit(batches(), {...options, signal: controller.signal});
    const events: TrainingEvent[] = [];
    for await (const event of training) {
      events.push(event);
      if (event.kind === 'step' && event.step === 6) controller.abort();
    }
    events.pop(); // stopped
    const resume = await training.checkpoint();
    const resumed = LanguageModel.fromCheckpoint({...resume, state: JSON.parse(JSON.stringify(resume.state))});
    expect(resumed.configuration).toEqual(whole.configuration);
    events.push(...(await all(resumed.fit(batches(), {...options, resume}))));
    expect(events).toEqual(expected);
    for (const model of [whole, first, resumed]) model.dispose();
  });

  test('gives figures a character for symbols of several', async () => {
    const model = new LanguageModel(configuration);
    const {loss, perplexityPerCharacter, bitsPerCharacter} = await model.evaluate(text, {charactersPerSymbol: 2});
    expectClose([perplexityPerCharacter, bitsPerCharacter], [Math.exp(loss / 2), loss / 2 / Math.LN2], {
      relative: 1e-12,
    });
    const whole = await model.evaluate(text);
    expect(whole.perplexityPerCharacter).toBe(whole.perplexity);
    expect(whole.bitsPerCharacter).toBe(whole.bitsPerSymbol);
    await expect(model.evaluate(text, {charactersPerSymbol: 0})).rejects.toThrow('charactersPerSymbol is 0');
    const reports = await all(model.fit(batches(), {...options, validation: text, charactersPerSymbol: 2}));
    for (const event of reports) {
      if (event.kind === 'report') expect(event.validation).toHaveProperty('bitsPerCharacter');
    }
    model.dispose();
  });

  test('leaves no tensor behind', async () => {
    await expectNoLeak(async () => {
      for (const given of [
        {},
        {cell: 'gru', recurrentDropout: 0.5},
        {cell: 'separate-gates'},
        {projectionSize: 5, recurrentDropout: 0.5},
        {layerNormalization: true},
      ] as const) {
        const model = new LanguageModel({
          ...configuration,
          ...given,
          embeddingSize: 5,
          tiedEmbedding: true,
          dropout: 0.5,
        });
        const training = model.fit(batches(), {...options, steps: 3});
        await all(training);
        await model.evaluate(text);
        await model.generate({length: 5});
        training.dispose();
        model.dispose();
      }
    });
  });
});

test.each([
  [{dropout: 1}, 'dropout is 1'],
  [{dropout: -0.1}, 'dropout is -0.1'],
  [{dropout: Number.NaN}, 'dropout is NaN'],
  [{embeddingSize: 0}, 'A size of the model is 0'],
  [{cell: 'rnn' as 'lstm'}, 'cell is "rnn", expected one of lstm, gru'],
  [{cell: 'gru' as const, forgetBias: 1}, 'a GRU has no forget gate'],
  [{forgetBias: Number.POSITIVE_INFINITY}, 'forgetBias is Infinity'],
  [{recurrentDropout: 1}, 'recurrentDropout is 1'],
  [{cell: 'separate-gates' as const, recurrentDropout: 0.1}, 'expected "lstm" or "gru"'],
  [{projectionSize: 0}, 'A size of the model is 0'],
  [{cell: 'gru' as const, projectionSize: 3}, 'projectionSize is given with the cell "gru"'],
  [{cell: 'gru' as const, layerNormalization: true}, 'layerNormalization is given with the cell "gru"'],
  [{projectionSize: 3, layerNormalization: true}, 'expected one of them'],
  [{tiedEmbedding: true}, 'embeddingSize is undefined'],
  [{tiedEmbedding: true, embeddingSize: 6}, "the last layer's size 5"],
  [{zoneout: 0.1}, 'A LanguageModel has no option "zoneout". It has vocabularySize, hiddenSizes'],
  [{hiddenSize: 64}, 'did you mean "hiddenSizes"?'],
])('refuses %j', (given, message) => {
  expect(() => new LanguageModel({...configuration, ...given})).toThrow(message);
});

test('fit refuses an option it does not know', () => {
  const model = new LanguageModel(configuration);
  const misspelt = {...options, validaton: text} as typeof options;
  expect(() => model.fit(batches(), misspelt)).toThrow('fit has no option "validaton"; did you mean "validation"?');
  model.dispose();
});

test('reads the checkpoint of a model that was written before there were options', async () => {
  await useBackend('cpu');
  const model = new LanguageModel(configuration);
  const checkpoint: Checkpoint = {...(await model.checkpoint()), state: {configuration: {...configuration}}};
  const read = LanguageModel.fromCheckpoint(checkpoint);
  expect(read.configuration).toEqual(model.configuration);
  for (const each of [model, read]) each.dispose();
});
