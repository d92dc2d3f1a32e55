import {IdRangeError, sparseCrossEntropy, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {CheckpointError, type TrainingEvent} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import type {Seq2SeqBatches} from '../batch/seq2seq-batch';
import {symbols} from '../batch/symbols';
import {decoderInputs, realTargets} from '../batch/targets';
import type {Seq2SeqEvaluation} from '../evaluation/evaluate';
import {batchOf, reversal, reversalBatches, reversals, vocabularySize} from '../fixtures/reversal-batches';
import type {Seq2SeqConfiguration} from './configuration';
import {type FitOptions, Seq2SeqModel} from './seq2seq-model';

type Event = TrainingEvent<Seq2SeqEvaluation>;

const configuration: Seq2SeqConfiguration = {
  ...{sourceVocabularySize: vocabularySize, embeddingSize: 5},
  ...{hiddenSizes: [8, 7], encoderHiddenSizes: [6, 7], dropout: 0.2, seed: 3},
};
const validation = [batchOf(reversals(20, 4, 77))];
const options: FitOptions = {
  steps: 12,
  optimizer: {kind: 'adam', learningRate: 0.01},
  ...{clipNorm: 5, reportEvery: 4, validation},
};

async function all(training: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of training) events.push(event);
  return events;
}

/** Four pairs, again and again. */
function theSameBatch(): Seq2SeqBatches {
  const batches = reversalBatches({batchSize: 4});
  const batch = batches.next();
  return {...batches, next: () => batch};
}

/** Of the first step. */
function lossOf([first]: readonly Event[]): number {
  return first?.kind === 'step' ? first.loss : Number.NaN;
}

/** What a fresh model's loss of the first batch is with smoothed labels, in plain operations. */
async function smoothedLoss(part: number): Promise<number> {
  const model = new Seq2SeqModel({...configuration, dropout: 0});
  const loss = tf.tidy(() => {
    const {logits, labels} = model.predict(reversalBatches().next());
    const oneHot = tf.mul(tf.oneHot(labels, vocabularySize), 1 - part);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.add(oneHot, part / vocabularySize), tf.logSoftmax(logits)), 1)));
  });
  const [value] = await loss.data();
  loss.dispose();
  model.dispose();
  return value!;
}

/** A fresh model's loss and gradient where it reads what it has predicted from the truth. */
async function onPredictions(): Promise<{loss: number; gradientNorm: number}> {
  const model = new Seq2SeqModel({...configuration, dropout: 0});
  const batch = theSameBatch().next();
  const {sources, sourceLengths, sourceLength, targetLength, batchSize} = batch;
  const {places, labels} = realTargets(batch);
  const logitsAfter = (inputs: Int32Array) => {
    const encoded = model.encode(
      tf.tensor2d(sources, [sourceLength, batchSize], 'int32'),
      tf.tensor1d(sourceLengths, 'int32'),
    );
    const {features} = model.decode(tf.tensor2d(inputs, [targetLength, batchSize], 'int32'), encoded);
    return model.logits(features);
  };
  const truth = decoderInputs(batch);
  const predictions = tf.tidy(() => tf.argMax(logitsAfter(truth), 2));
  const found = await predictions.data();
  const inputs = truth.map((id, place) => (place < batchSize ? id : found[place - batchSize]!));
  const {value, grads} = tf.variableGrads(() => {
    const rows = tf.reshape(logitsAfter(inputs), [-1, vocabularySize]);
    const logits = tf.gather(rows, tf.tensor1d(places, 'int32'));
    return sparseCrossEntropy({logits, labels: tf.tensor1d(labels, 'int32')}) as tf.Scalar;
  }, Object.values(model.parameters));
  const [loss] = await value.data();
  const all = await Promise.all(Object.values(grads).map((gradient) => gradient.data()));
  tf.dispose([predictions, value, grads] as tf.TensorContainer);
  model.dispose();
  return {loss: loss!, gradientNorm: Math.hypot(...all.flatMap((values) => [...values]))};
}

async function numbers(model: Seq2SeqModel): Promise<number[][]> {
  return Promise.all(Object.values(model.parameters).map(async (parameter) => Array.from(await parameter.data())));
}

describe.each(backendsUnderTest)('Seq2SeqModel on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('learns to turn sequences round, and writes them', async () => {
    const model = new Seq2SeqModel({
      ...configuration,
      hiddenSizes: [24],
      encoderHiddenSizes: [12],
      bidirectional: true,
    });
    const learnt = {...options, steps: 300, reportEvery: 300, optimizer: {kind: 'adam', learningRate: 0.02} as const};
    await all(model.fit(reversalBatches({batchSize: 32}), learnt));
    const {exactMatch, tokenAccuracy, perplexity, pairs} = await model.evaluate(validation);
    expect(exactMatch).toBeGreaterThan(0.9);
    expect(tokenAccuracy).toBeGreaterThanOrEqual(exactMatch);
    expect(perplexity).toBeLessThan(1.5);
    expect(pairs).toBe(20);
    const [long, short] = await model.decodeGreedily(
      [
        [4, 5, 6, 7],
        [8, 5],
      ],
      {attention: true},
    );
    expect([...long!.ids]).toEqual([7, 6, 5, 4]);
    expect([...short!.ids]).toEqual([5, 8]);
    expect(long!.ended).toBe(true);
    expect(long!.attention!.map((row) => row.indexOf(Math.max(...row)))).toEqual([3, 2, 1, 0]);
    expect(short!.attention!.map(({length}) => length)).toEqual([2, 2]);
    model.dispose();
  });

  test('an exact match is what greedy decoding writes', async () => {
    const model = new Seq2SeqModel({...configuration, hiddenSizes: [24], encoderHiddenSizes: [24]});
    await all(model.fit(reversalBatches(), {...options, steps: 150, optimizer: {kind: 'adam', learningRate: 0.02}}));
    const pairs = reversals(40, 4, 78);
    const written = await model.decodeGreedily(pairs.map(({source}) => source));
    const right = pairs.filter(({target}, index) => {
      const {ids, ended} = written[index]!;
      return String([...ids, ...(ended ? [symbols.EOS] : [])]) === String(target);
    });
    const {exactMatch} = await model.evaluate([batchOf(pairs)]);
    expect(right.length / pairs.length).toBe(exactMatch);
    expect(exactMatch).toBeGreaterThan(0.1);
    expect(exactMatch).toBeLessThan(1);
    model.dispose();
  });

  test('the same seed gives the same weights and curve, another seed another', async () => {
    const run = async (seed: number) => {
      const model = new Seq2SeqModel({...configuration, seed});
      const events = await all(model.fit(reversalBatches(), options));
      model.dispose();
      return events;
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });

  test.each<Partial<Seq2SeqConfiguration>>([
    {},
    {cell: 'gru', bidirectional: true, attention: 'multiplicative', tiedEmbeddings: true},
    {attention: 'none', reverseSource: true, hiddenSizes: [6, 5], tiedOutput: true},
  ])('%j: stopped, and resumed from its checkpoint, it ends with the same bits', async (given) => {
    const whole = new Seq2SeqModel({...configuration, ...given});
    const expected = await all(whole.fit(reversalBatches(), options));
    const first = new Seq2SeqModel({...configuration, ...given});
    const controller = new AbortController();
    const training = first.fit(reversalBatches(), {...options, signal: controller.signal});
    const events: Event[] = [];
    for await (const event of training) {
      events.push(event);
      if (event.kind === 'step' && event.step === 6) controller.abort();
    }
    events.pop(); // stopped
    const {state, ...checkpoint} = await training.checkpoint();
    const resume = {...checkpoint, state: JSON.parse(JSON.stringify(state))}; // as from a file
    const resumed = Seq2SeqModel.fromCheckpoint(resume);
    events.push(...(await all(resumed.fit(reversalBatches(), {...options, resume}))));
    expect(events).toEqual(expected);
    expect(await numbers(resumed)).toEqual(await numbers(whole));
    for (const model of [whole, first, resumed]) model.dispose();
  });

  test('a checkpoint of another kind, shape or vocabulary is refused', async () => {
    const model = new Seq2SeqModel(configuration);
    const checkpoint = await model.checkpoint();
    expect(() => Seq2SeqModel.fromCheckpoint({...checkpoint, kind: 'line'})).toThrow(CheckpointError);
    const state = {configuration: {...configuration, sourceVocabularySize: 12}};
    expect(() => Seq2SeqModel.fromCheckpoint({...checkpoint, state})).toThrow('it is of another model');
    model.dispose();
  });

  test('refuses empty sides, ids outside the vocabulary, and targets that do not end', async () => {
    const model = new Seq2SeqModel(configuration);
    const batch = batchOf([reversal([4, 5]), reversal([6])]);
    const changed = (change: Partial<typeof batch>) => () => model.predict({...batch, ...change});
    expect(changed({sourceLengths: Int32Array.of(2, 0)})).toThrow('have length 0 at pair 1');
    expect(changed({targetLengths: Int32Array.of(3, 4)})).toThrow('expected 1 to 3');
    expect(changed({targetLengths: Int32Array.of(3, 1)})).toThrow('ends with id 6, expected EOS');
    expect(changed({sources: Int32Array.of(4, 9, 5, 0)})).toThrow(IdRangeError);
    expect(changed({batchSize: 3})).toThrow('expected 2 x 3 and 3');
    await expect(model.decodeGreedily([[4], []])).rejects.toThrow('Source 1 is empty');
    for (const id of [-1, 9, 4.5, Number.NaN]) {
      await expect(model.decodeGreedily([[4, id]])).rejects.toThrow(IdRangeError);
    }
    const single = Uint32Array.of(4, 5) as unknown as number[][];
    await expect(model.decodeGreedily(single)).rejects.toThrow('The sources are Uint32Array, expected an array');
    await expect(model.beamSearch('fox' as unknown as number[][])).rejects.toThrow('of a single one, [ids]');
    await expect(model.decodeGreedily([[4]], {maxLength: 0})).rejects.toThrow('maxLength is 0');
    await expect(model.decodeGreedily([[4]], {signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow(
      'enough',
    );
    await expect(model.evaluate([])).rejects.toThrow('no pairs');
    model.dispose();
  });

  test('labels are smoothed in training alone, by the seed, without a leak', async () => {
    const smoothing = {...options, steps: 3, labelSmoothing: 0.3};
    const run = async (given: FitOptions) => {
      const model = new Seq2SeqModel({...configuration, dropout: 0});
      const before = await model.evaluate([reversalBatches().next()]);
      const training = model.fit(reversalBatches(), {...given, validation: undefined});
      const events = await all(training);
      training.dispose();
      model.dispose();
      return {before, events};
    };
    await expectNoLeak(async () => {
      const smooth = await run(smoothing);
      const sharp = await run({...smoothing, labelSmoothing: 0});
      expect(await run(smoothing)).toEqual(smooth);
      expect(smooth.before).toEqual(sharp.before);
      expectClose([lossOf(sharp.events)], [sharp.before.loss], {relative: 1e-5});
      expectClose([lossOf(smooth.events)], [await smoothedLoss(0.3)], {relative: backend === 'webgl' ? 1e-3 : 1e-5});
    });
  });

  test.each([false, true])(
    'with a sampled softmax it learns by the seed, without a leak; tied output: %s',
    async (tiedOutput) => {
      const batches = theSameBatch(); // webgl compiles anew for every shape
      const batch = batches.next();
      const run = async () => {
        const model = new Seq2SeqModel({...configuration, dropout: 0, tiedOutput});
        const adam = {kind: 'adam', learningRate: 0.05} as const;
        const sampled = {...options, steps: 8, validation: [batch], optimizer: adam, sampledSoftmax: {samples: 5}};
        const training = model.fit(batches, sampled);
        const before = await model.evaluate([batch]);
        const events = await all(training);
        const after = await model.evaluate([batch]);
        training.dispose();
        model.dispose();
        return {before, events, after};
      };
      await expectNoLeak(async () => {
        const first = await run();
        expect(await run()).toEqual(first);
        expect(first.after.loss).toBeLessThan(first.before.loss - 0.2); // of the whole softmax
        expect(first.events.findLast(({kind}) => kind === 'report')).toMatchObject({validation: first.after});
      });
    },
  );

  test('scheduled sampling trains on what the model predicts, by the seed, without a leak', async () => {
    const relative = backend === 'webgl' ? 1e-3 : 1e-5;
    const sampled = {...options, steps: 3, validation: undefined, clipNorm: undefined, scheduledSampling: 1};
    const run = async (given: FitOptions) => {
      const model = new Seq2SeqModel({...configuration, dropout: 0});
      const training = model.fit(theSameBatch(), given);
      try {
        return await all(training);
      } finally {
        training.dispose();
        model.dispose();
      }
    };
    await expectNoLeak(async () => {
      const first = await run(sampled);
      expect(await run({...sampled, scheduledSampling: () => 1})).toEqual(first);
      expect(await run({...sampled, scheduledSampling: 0})).not.toEqual(first);
      const {loss, gradientNorm} = await onPredictions();
      expect(first[0]).toMatchObject({kind: 'step', step: 0});
      expectClose([lossOf(first)], [loss], {relative});
      expectClose([first[0]!.kind === 'step' ? first[0]!.gradientNorm : Number.NaN], [gradientNorm], {relative});
      await expect(run({...sampled, scheduledSampling: (step) => 2 * step})).rejects.toThrow(
        'scheduledSampling is 2 at step 1',
      );
    });
  });

  test.each([0, 1])(
    'broken weights are an error that names the step, scheduled sampling %d',
    async (scheduledSampling) => {
      const model = new Seq2SeqModel({...configuration, dropout: 0});
      const bias = model.parameters['output.bias']!;
      bias.assign(tf.fill(bias.shape, Number.NaN));
      const training = model.fit(reversalBatches(), {...options, scheduledSampling});
      await expect(all(training)).rejects.toMatchObject({name: 'NonFiniteError', step: 0});
      training.dispose();
      model.dispose();
    },
  );

  test('leaves no tensor behind', async () => {
    await expectNoLeak(async () => {
      for (const attention of ['additive', 'multiplicative', 'none'] as const) {
        for (const cell of ['lstm', 'gru'] as const) {
          const model = new Seq2SeqModel({...configuration, cell, attention, bidirectional: true});
          const training = model.fit(reversalBatches(), options);
          const counts = new Set<number>();
          for await (const event of training) if (event.kind === 'step') counts.add(tf.memory().numTensors);
          expect(counts.size).toBe(1);
          await model.decodeGreedily([[4, 5], [6]], {attention: true});
          training.dispose();
          model.dispose();
        }
      }
    });
  });
});

test.each<[Partial<Seq2SeqConfiguration>, string]>([
  [{hiddenSizes: []}, 'hiddenSizes is empty'],
  [{hiddenSizes: 8 as unknown as number[]}, 'The sizes of the layers are 8, expected a list'],
  [{hiddenSizes: [0, 7]}, 'A size of the model is 0'],
  [{encoderHiddenSizes: [4]}, 'encoderHiddenSizes has 1 sizes and hiddenSizes 2'],
  [{sourceVocabularySize: 4}, "A vocabulary's size is 4"],
  [{dropout: 1}, 'dropout is 1'],
  [{cell: 'rnn' as 'lstm'}, 'cell is "rnn", expected one of lstm, gru'],
  [{attention: 'soft' as 'none'}, 'attention is "soft"'],
  [{cell: 'gru', forgetBias: 1}, 'a GRU has no forget gate'],
  [{bidirectional: true, reverseSource: true}, 'reverseSource means nothing'],
  [{tiedEmbeddings: true, targetVocabularySize: 12}, 'they must be one'],
  [{tiedOutput: true, attention: 'none'}, 'they must be equal'],
  [{seed: 0.5}, 'seed is 0.5'],
  [{beamWidth: 4} as object, 'A Seq2SeqModel has no option "beamWidth". It has sourceVocabularySize'],
])('refuses %j', (given, message) => {
  expect(() => new Seq2SeqModel({...configuration, ...given})).toThrow(message);
});

test.each<[Partial<FitOptions>, string]>([
  [{labelSmoothing: 1}, 'labelSmoothing is 1, expected the part to spread'],
  [{labelSmoothing: -0.1}, 'labelSmoothing is -0.1'],
  [{scheduledSampling: 1.5}, 'scheduledSampling is 1.5 at step 0, expected a probability'],
  [{sampledSoftmax: {samples: 10}}, 'sampledSoftmax.samples is 10, expected a whole number from 1 to the 9 target'],
  [{sampledSoftmax: {samples: 4}, labelSmoothing: 0.1}, 'leave one of them out'],
  [{labelSmoothin: 0.1} as object, 'fit has no option "labelSmoothin"; did you mean "labelSmoothing"?'],
])('fit refuses %j', (given, message) => {
  const model = new Seq2SeqModel(configuration);
  expect(() => model.fit(reversalBatches(), {...options, ...given})).toThrow(message);
  model.dispose();
});
