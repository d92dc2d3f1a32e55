import {IdRangeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {BigramBatches, BigramVocabulary, CharacterVocabulary, Corpus, SequenceBatches} from '@gatefold/text8-data';
import {CheckpointError, type TrainingEvent} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {separateGates} from '../cell/convert-gates';
import {SeparateGatesCell} from '../cell/separate-gates-cell';
import {type FitOptions, LanguageModel} from './language-model';

const vocabulary = new CharacterVocabulary();
const text = vocabulary.encode('the quick brown fox jumps over the lazy dog '.repeat(60));
const configuration = {vocabularySize: 27, hiddenSizes: [16], seed: 3};
const batches = () => new SequenceBatches(text, {batchSize: 8, sequenceLength: 10});
const options: FitOptions = {
  steps: 30,
  optimizer: {kind: 'sgd', learningRate: 5},
  clipNorm: 1.25,
  reportEvery: 10,
  validation: text.subarray(0, 45),
};

async function all(training: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of training) events.push(event);
  return events;
}

async function numbers(model: LanguageModel): Promise<number[][]> {
  return Promise.all(Object.values(model.parameters).map(async (parameter) => Array.from(await parameter.data())));
}

describe.each(backendsUnderTest)('LanguageModel on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('learns a sentence by heart', async () => {
    const model = new LanguageModel({...configuration, hiddenSizes: [32]});
    const untrained = await model.perplexity(text);
    expect(untrained).toBeGreaterThan(20);
    await all(model.fit(batches(), {...options, steps: 400, optimizer: {kind: 'adam', learningRate: 0.01}}));
    expect(await model.perplexity(text)).toBeLessThan(1.3);
    const written = vocabulary.decode(
      await model.generate({length: 60, prompt: vocabulary.encode('the quick '), seed: 1}),
    );
    expect(written).toContain('fox');
    model.dispose();
  });

  test.each([{}, {embeddingSize: 8}, {hiddenSizes: [16, 12], projectionSize: 6}])(
    'read, %j: the states of forward, and the outputs that its logits are made of',
    async (given) => {
      const model = new LanguageModel({...configuration, ...given});
      const ids = tf.tensor2d(text.slice(0, 12), [4, 3], 'int32');
      await expectNoLeak(() => tf.dispose(model.read(ids)));
      const [forward, read] = [model.forward(ids), model.read(ids)];
      expect(read.states.length).toBe(forward.states.length);
      for (const [layer, state] of forward.states.entries()) {
        expect(await read.states[layer]!.hidden.data()).toEqual(await state.hidden.data());
        expect(await read.states[layer]!.cell!.data()).toEqual(await state.cell!.data());
      }
      const logits = tf.tidy(() => {
        const rows = read.outputs.reshape([12, read.outputs.shape[2]]) as tf.Tensor2D;
        const kernel = model.parameters['output.kernel'] as tf.Tensor as tf.Tensor2D;
        return tf.add(tf.matMul(rows, kernel), model.parameters['output.bias']!);
      });
      expectClose(await logits.data(), await forward.logits.data(), {relative: 1e-5});
      model.dispose();
    },
  );

  test('reads on only from one state a layer', () => {
    const model = new LanguageModel({...configuration, hiddenSizes: [4, 4]});
    const [ids, states] = [tf.tensor2d([1], [1, 1], 'int32'), model.read(tf.tensor2d([1], [1, 1], 'int32')).states];
    expect(() => model.forward(ids, states.slice(1))).toThrow('1 initial states are given, expected 2, one a layer');
    model.dispose();
  });

  test('evaluates a text in one stream from a zero state, as step by step with the readable cell, within 1e-5', async () => {
    const model = new LanguageModel(configuration);
    await all(model.fit(batches(), options));
    const ids = text.subarray(0, 1100); // more than one pass
    const {kernel, recurrentKernel, bias, outputKernel, outputBias} = {
      kernel: model.parameters['lstm0.kernel'] as tf.Tensor as tf.Tensor2D,
      recurrentKernel: model.parameters['lstm0.recurrentKernel'] as tf.Tensor as tf.Tensor2D,
      bias: model.parameters['lstm0.bias'] as tf.Tensor as tf.Tensor1D,
      outputKernel: model.parameters['output.kernel'] as tf.Tensor as tf.Tensor2D,
      outputBias: model.parameters['output.bias'] as tf.Tensor,
    };
    const cell = new SeparateGatesCell(separateGates({kernel, recurrentKernel, bias}));
    let state = {hidden: tf.zeros([1, 16]) as tf.Tensor2D, cell: tf.zeros([1, 16]) as tf.Tensor2D};
    const losses: tf.Tensor[] = [];
    for (let index = 0; index + 1 < ids.length; index++) {
      const before = state;
      const {next, loss} = tf.tidy(() => {
        // Cast, because on wasm `oneHot` itself gives float32 the bits of an integer (docs/upstream).
        const x = tf.cast(tf.oneHot(tf.tensor1d([ids[index]!], 'int32'), 27), 'float32') as tf.Tensor2D;
        const next = cell.step(x, before);
        const logProbabilities = tf.logSoftmax(tf.add(tf.matMul(next.hidden, outputKernel), outputBias));
        return {next, loss: tf.neg(tf.slice(logProbabilities, [0, ids[index + 1]!], [1, 1]))};
      });
      losses.push(loss);
      tf.dispose([before.hidden, before.cell]);
      state = next;
    }
    let total = 0;
    for (let index = 0; index < losses.length; index += 50) {
      const read = await tf.concat(losses.slice(index, index + 50)).data();
      for (const loss of read) total += loss;
    }
    const {loss, perplexity, bitsPerSymbol, symbols} = await model.evaluate(ids);
    expect(symbols).toBe(1099);
    expectClose([loss], [total / 1099], {relative: 1e-5});
    expectClose([perplexity, bitsPerSymbol], [Math.exp(loss), loss / Math.LN2], {relative: 1e-12});
    model.dispose();
  });

  test('the same seed gives the same weights and curve, another seed another', async () => {
    const run = async (seed: number) => {
      const model = new LanguageModel({...configuration, seed});
      const events = await all(model.fit(batches(), options));
      model.dispose();
      return events;
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });

  test.each([[[16]], [[12, 9]]])(
    'layers %j: stopped, and resumed from its checkpoint, it ends with the same bits',
    async (hiddenSizes) => {
      const whole = new LanguageModel({...configuration, hiddenSizes});
      const expected = await all(whole.fit(batches(), options));

      const controller = new AbortController();
      const first = new LanguageModel({...configuration, hiddenSizes});
      const training = first.fit(batches(), {...options, signal: controller.signal});
      const events: TrainingEvent[] = [];
      for await (const event of training) {
        events.push(event);
        if (event.kind === 'step' && event.step === 13) controller.abort();
      }
      events.pop(); // stopped
      const {state, ...checkpoint} = await training.checkpoint();

      const resume = {...checkpoint, state: JSON.parse(JSON.stringify(state))}; // as from a file
      const resumed = LanguageModel.fromCheckpoint(resume);
      events.push(...(await all(resumed.fit(batches(), {...options, resume}))));
      expect(events).toEqual(expected);
      expect(await numbers(resumed)).toEqual(await numbers(whole));
      for (const model of [whole, first, resumed]) model.dispose();
    },
  );

  test('a checkpoint of another kind or shape, or without a tensor, is refused', async () => {
    const model = new LanguageModel(configuration);
    const checkpoint = await model.checkpoint();
    expect(() => LanguageModel.fromCheckpoint({...checkpoint, kind: 'line'})).toThrow(CheckpointError);
    expect(() => LanguageModel.fromCheckpoint({...checkpoint, kind: 'line'})).toThrow('of kind "line"');
    const {'parameters/output.bias': _, ...tensors} = checkpoint.tensors;
    expect(() => LanguageModel.fromCheckpoint({...checkpoint, tensors})).toThrow('no tensor parameters/output.bias');
    const state = {configuration: {...configuration, hiddenSizes: [17]}};
    expect(() => LanguageModel.fromCheckpoint({...checkpoint, state})).toThrow('it is of another model');
    const ofPairs = {configuration: {...configuration, vocabularySize: 729}};
    expect(() => LanguageModel.fromCheckpoint({...checkpoint, state: ofPairs})).toThrow('it is of another model');
    const larger = new LanguageModel({...configuration, hiddenSizes: [20]});
    const resume = await larger.fit(batches(), options).checkpoint();
    await all(larger.fit(batches(), {...options, steps: 1}));
    expect(() => model.fit(new SequenceBatches(text, {batchSize: 4}), {...options, resume})).toThrow();
    for (const each of [model, larger]) each.dispose();
  });

  test('refuses batches of another vocabulary, smaller or larger, and an id that is not in its own', async () => {
    const ofPairs = new LanguageModel({...configuration, vocabularySize: 729});
    const ofCharacters = new LanguageModel(configuration);
    const corpus = new Corpus('a fox', new TextEncoder().encode('the quick brown fox '.repeat(9)));
    const characters = new SequenceBatches(corpus, {vocabulary, batchSize: 2});
    const pairs = new BigramBatches(corpus, {vocabulary: new BigramVocabulary(), batchSize: 2});
    const message = (batches: number, model: number) =>
      `The batches are of a vocabulary of ${batches} symbols, the model of ${model}`;
    expect(() => ofPairs.fit(characters, options)).toThrow(message(27, 729));
    expect(() => ofCharacters.fit(pairs, options)).toThrow(message(729, 27));
    const bare = new SequenceBatches(new Int32Array(40).fill(27), {batchSize: 2});
    await expect(all(ofCharacters.fit(bare, options))).rejects.toThrow('fit: inputs has id 27 at position 0');
    for (const each of [ofPairs, ofCharacters]) each.dispose();
  });

  test('writes what the seed draws, from a prompt or from anywhere', async () => {
    const model = new LanguageModel(configuration);
    const prompt = vocabulary.encode('the ');
    expect(await model.generate({length: 30, prompt, seed: 1})).toEqual(
      await model.generate({length: 30, prompt, seed: 1}),
    );
    expect(await model.generate({length: 30, prompt, seed: 1})).not.toEqual(
      await model.generate({length: 30, prompt, seed: 2}),
    );
    expect(await model.generate({length: 30})).toHaveLength(30);
    expect(await model.generate({length: 0})).toHaveLength(0);
    model.dispose();
  });

  test.each([
    [{length: -1}, 'length is -1'],
    [{length: 1.5}, 'length is 1.5'],
    [{length: 5, temperature: 0}, 'temperature is 0'],
    [{length: 5, temperature: Number.NaN}, 'temperature is NaN'],
  ])('refuses to generate %j', async (wish, message) => {
    const model = new LanguageModel(configuration);
    await expect(model.generate(wish)).rejects.toThrow(message);
    model.dispose();
  });

  test('refuses ids outside the vocabulary, texts of one symbol, and sizes that are none', async () => {
    const model = new LanguageModel(configuration);
    await expect(model.generate({length: 3, prompt: [30]})).rejects.toThrow(IdRangeError);
    await expect(model.generate({length: 3, prompt: [1.5]})).rejects.toThrow('prompt has id 1.5 at position 0');
    await expect(model.evaluate([1, 27])).rejects.toThrow(IdRangeError);
    await expect(model.evaluate([1])).rejects.toThrow('expected at least 2');
    expect(() => new LanguageModel({...configuration, hiddenSizes: []})).toThrow('hiddenSizes is empty');
    expect(() => new LanguageModel({...configuration, hiddenSizes: [0]})).toThrow(RangeError);
    expect(() => new LanguageModel({...configuration, vocabularySize: 2.5})).toThrow(RangeError);
    model.dispose();
  });

  test('does not evaluate with weights that hold NaN', async () => {
    const model = new LanguageModel(configuration);
    tf.tidy(() => model.parameters['output.bias']!.assign(tf.fill([configuration.vocabularySize], Number.NaN)));
    await expect(model.evaluate(text)).rejects.toThrow('its weights are broken');
    model.dispose();
  });

  test('stops evaluating and generating at a signal', async () => {
    const model = new LanguageModel(configuration);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(model.evaluate(text, {signal})).rejects.toThrow('enough');
    await expect(model.generate({length: 5, signal})).rejects.toThrow('enough');
    model.dispose();
  });

  test('has as many tensors after step 1000 as after step 10, and none after dispose', async () => {
    await expectNoLeak(async () => {
      const model = new LanguageModel({...configuration, hiddenSizes: [4, 3]});
      const counts: Record<number, number> = {};
      const training = model.fit(new SequenceBatches(text, {batchSize: 2, sequenceLength: 3}), {
        ...options,
        steps: 1001,
        reportEvery: 500,
      });
      for await (const event of training) if (event.kind === 'step') counts[event.step] = tf.memory().numTensors;
      expect(counts[1000]).toBe(counts[10]);
      await model.generate({length: 20});
      expect(tf.memory().numTensors).toBe(counts[10]);
      training.dispose();
      model.dispose();
    });
  });
});
