import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {CbowBatches, SkipGramBatches} from '@gatefold/text8-data';
import {type Checkpoint, CheckpointError, NonFiniteError} from '@gatefold/training';
import {beforeAll, describe, expect, test} from 'vitest';
import {topicCorpus} from '../fixtures/topic-corpus';
import {topicPurity} from '../fixtures/topic-purity';
import type {WordCorpus} from '../training/word-corpus';
import type {Word2VecEvent} from '../training/word2vec-training';
import {exerciseTraining} from './exercise-training';
import type {MinibatchSettings} from './minibatch-settings';
import {MinibatchTraining} from './minibatch-training';

async function eventsOf(training: MinibatchTraining, signal?: AbortSignal): Promise<Word2VecEvent[]> {
  const events: Word2VecEvent[] = [];
  for await (const event of training.run({signal})) events.push(event);
  return events;
}

const progressOf = (events: Word2VecEvent[]) => events.filter((event) => event.kind === 'progress');

/** The ids of a corpus, all at once. */
function textOf(corpus: WordCorpus): Int32Array {
  const ids = new Int32Array(corpus.length);
  corpus.read(0, ids);
  return ids;
}

/** As it would come back from a file. */
const throughJSON = ({kind, state, tensors}: Checkpoint): Checkpoint => ({
  ...{kind, tensors},
  state: JSON.parse(JSON.stringify(state)),
});

const small: MinibatchSettings = {dimension: 12, window: 3, subsample: 0, batchSize: 64, reportEvery: 100};

const ways: [string, MinibatchSettings][] = [
  ['skip-gram, negative sampling', {learningRate: 0.05}],
  ['skip-gram, sampled softmax', {loss: {kind: 'sampledSoftmax', samples: 8}}],
  ['skip-gram, noise contrast', {loss: {kind: 'noiseContrastive', samples: 8}}],
  ['skip-gram, full softmax', {loss: {kind: 'fullSoftmax'}}],
  ['CBOW of means, negative sampling', {model: 'cbow', learningRate: 0.05}],
  [
    'CBOW of sums, sampled softmax',
    {model: 'cbow', contextReduction: 'sum', loss: {kind: 'sampledSoftmax', samples: 8}},
  ],
];

describe.each(backendsUnderTest)('training by minibatches on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(ways)('%s: words of one topic become neighbours, and the loss falls', async (_, way) => {
    const epochs = way.model === 'cbow' ? 8 : 2;
    const training = new MinibatchTraining(topicCorpus({length: 10_000}), {...small, ...way, epochs});
    const losses = progressOf(await eventsOf(training)).map(({loss}) => loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.05);
    expect(topicPurity(await training.wordVectors())).toBe(1);
    training.dispose();
  });

  const resumable: MinibatchSettings[] = [
    {...small, epochs: 2},
    {...small, epochs: 2, model: 'cbow', loss: {kind: 'noiseContrastive', samples: 8}, subsample: 0.02},
  ];

  test.each(resumable)('stopped, checkpointed and resumed, it tells and ends as if it never were', async (settings) => {
    const corpus = topicCorpus({length: 6000});
    const whole = new MinibatchTraining(corpus, settings);
    const expected = await eventsOf(whole);

    const stop = new AbortController();
    const first = new MinibatchTraining(corpus, settings);
    const events: Word2VecEvent[] = [];
    for await (const event of first.run({signal: stop.signal})) {
      events.push(event);
      if (progressOf(events).length === 1) stop.abort();
    }
    expect(events.pop()).toMatchObject({kind: 'end', stopped: true});
    const resumed = MinibatchTraining.restore(corpus, throughJSON(await first.checkpoint()), {reportEvery: 100});
    events.push(...(await eventsOf(resumed)));
    const timeless = (event: Word2VecEvent) => ({...event, wordsPerSecond: 0, secondsLeft: 0, seconds: 0});
    expect(events.map(timeless)).toEqual(expected.map(timeless));
    expect((await resumed.wordVectors()).values).toEqual((await whole.wordVectors()).values);
    for (const training of [whole, first, resumed]) training.dispose();
  });

  test('the exercise: loss falls, neighbours are told of, and a checkpoint goes on to the bit', async () => {
    const corpus = topicCorpus({length: 5000});
    const options = {steps: 60, reportEvery: 20};
    const batches = () => new SkipGramBatches(textOf(corpus), {batchSize: 128});
    const whole = exerciseTraining(corpus, batches(), options);
    const events = await eventsOf(whole);
    expect(events.map(({kind}) => kind)).toEqual([
      ...['neighbours', 'progress', 'progress', 'progress', 'neighbours', 'end'],
    ]);
    const losses = progressOf(events).map(({loss}) => loss);
    expect(losses[2]).toBeLessThan(losses[0]!);
    expect(progressOf(events)[2]).toMatchObject({words: 64 * 60, totalWords: 64 * 60, learningRate: 1});
    const [before] = events as [Word2VecEvent & {kind: 'neighbours'}];
    expect(Object.keys(before.neighbours).length).toBe(16);
    for (const near of Object.values(before.neighbours)) expect(near.length).toBe(8);

    const first = exerciseTraining(corpus, batches(), options);
    for await (const event of first.run()) if (event.kind === 'progress') break;
    const resumed = MinibatchTraining.restore(corpus, throughJSON(await first.checkpoint()), {batches: batches()});
    await eventsOf(resumed);
    expect((await resumed.wordVectors()).values).toEqual((await whole.wordVectors()).values);
    for (const training of [whole, first, resumed]) training.dispose();
  });

  test('a checkpoint taken while it runs goes on to the same vectors', async () => {
    const corpus = topicCorpus({length: 4000});
    const training = new MinibatchTraining(corpus, {...small, epochs: 1});
    const ended = eventsOf(training);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const resumed = MinibatchTraining.restore(corpus, await training.checkpoint());
    await Promise.all([ended, eventsOf(resumed)]);
    expect((await resumed.wordVectors()).values).toEqual((await training.wordVectors()).values);
    training.dispose();
    resumed.dispose();
  });

  test('vectors that overflow are an error that names the step', async () => {
    const training = new MinibatchTraining(topicCorpus({length: 3000}), {...small, learningRate: 1e38});
    await expect(eventsOf(training)).rejects.toThrow(NonFiniteError);
    training.dispose();
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      const training = new MinibatchTraining(topicCorpus({length: 2000}), {
        ...{...small, epochs: 1, optimizer: 'adam', learningRate: 0.01},
        neighbours: {words: ['a0'], every: 10},
      });
      await eventsOf(training);
      training.dispose();
      const cut = new MinibatchTraining(topicCorpus({length: 2000}), {...small, reportEvery: 7});
      for await (const event of cut.run()) if (event.kind === 'progress') break;
      cut.dispose();
    });
  });

  test('the event loop gets a turn at least every 100 ms on average', async () => {
    const training = new MinibatchTraining(topicCorpus({length: 20_000}), {...small, epochs: 1});
    const run = training.run();
    await run.next(); // until here kernels are compiled
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const start = performance.now();
    for await (const _ of run);
    clearInterval(timer);
    expect(turns).toBeGreaterThan((performance.now() - start) / 100 - 1);
    training.dispose();
  });
});

describe('training by minibatches', () => {
  beforeAll(async () => {
    await startBackend(useBackend, 'cpu');
  });

  test('the same seed gives the same vectors, another others', async () => {
    const corpus = topicCorpus({length: 3000});
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const training = new MinibatchTraining(corpus, {...small, epochs: 1, seed});
        await eventsOf(training);
        return (await training.wordVectors()).values;
      }),
    );
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('tells of words, epochs and the end', async () => {
    const corpus = topicCorpus({length: 3000});
    const events = await eventsOf(new MinibatchTraining(corpus, {...small, epochs: 3}));
    const progress = progressOf(events);
    expect(progress.at(-1)).toMatchObject({words: 9000, totalWords: 9000, learningRate: 1e-4, secondsLeft: 0});
    for (const {wordsPerSecond, loss} of progress) {
      expect(wordsPerSecond).toBeGreaterThan(0);
      expect(loss).toBeGreaterThan(0);
    }
    expect(events.filter(({kind}) => kind === 'epoch').map((event) => (event as {epoch: number}).epoch)).toEqual([
      1, 2, 3,
    ]);
    expect(events.at(-1)).toMatchObject({kind: 'end', stopped: false});
  });

  test('a signal stops it, before its first step too', async () => {
    const training = new MinibatchTraining(topicCorpus({length: 3000}), small);
    expect(await eventsOf(training, AbortSignal.abort())).toMatchObject([{kind: 'end', stopped: true}]);
  });

  test('runs once at a time, and not when disposed of', async () => {
    const training = new MinibatchTraining(topicCorpus({length: 3000}), small);
    const run = training.run();
    await run.next();
    await expect(training.run().next()).rejects.toThrow('is running already');
    await run.return();
    training.dispose();
    await expect(training.run().next()).rejects.toThrow('was disposed of');
    await expect(training.wordVectors()).rejects.toThrow('was disposed of');
  });

  test('settings that make no sense are errors that say what came', () => {
    const corpus = topicCorpus({length: 3000});
    const make = (settings: object) => () => new MinibatchTraining(corpus, settings);
    expect(make({loss: {kind: 'hierarchicalSoftmax'}})).toThrow(
      'The loss is hierarchicalSoftmax, expected negativeSampling',
    );
    expect(make({loss: {kind: 'sampledSoftmax', samples: 20}})).toThrow(
      'samples is 20, expected a whole number from 1 to 19',
    );
    expect(make({optimizer: 'rmsprop'})).toThrow('optimizer is rmsprop, expected sgd or momentum or adagrad or adam');
    expect(make({dimensions: 50})).toThrow('A MinibatchTraining has no option "dimensions"; did you mean "dimension"?');
    expect(make({batchSize: 0})).toThrow('batchSize is 0, expected a whole number from 1 up');
    expect(make({neighbours: {words: ['z9']}})).toThrow('neighbours.words has "z9", which is not among the 20 words');
    expect(make({learningRate: -1})).toThrow('learningRate is -1, expected a number above 0');
  });

  test('batches of the other model are refused', async () => {
    const corpus = topicCorpus({length: 3000});
    const batches = new CbowBatches(textOf(corpus), {batchSize: 8});
    const training = exerciseTraining(corpus, batches, {steps: 5});
    await expect(eventsOf(training)).rejects.toThrow(
      '16 inputs for 8 targets, expected as many for the model skipGram',
    );
  });

  test('the checkpoint of another corpus, or of something else, is refused', async () => {
    const training = new MinibatchTraining(topicCorpus({length: 3000}), small);
    const checkpoint = await training.checkpoint();
    const other = topicCorpus({length: 3001});
    expect(() => MinibatchTraining.restore(other, checkpoint)).toThrow(CheckpointError);
    expect(() => MinibatchTraining.restore(other, checkpoint)).toThrow('is of a corpus of 3000 words');
    expect(() => MinibatchTraining.restore(other, {...checkpoint, kind: 'x'})).toThrow('is of a x');
  });
});
