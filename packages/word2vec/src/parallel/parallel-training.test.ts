import {BackendError, IdRangeError} from '@gatefold/gpu-kernels';
import {expectClose} from '@gatefold/test-kit';
import {CheckpointError} from '@gatefold/training';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {corpusOf, topicCorpus} from '../fixtures/topic-corpus';
import {topicPurity} from '../fixtures/topic-purity';
import type {WordCorpus} from '../training/word-corpus';
import type {Word2VecSettings} from '../training/word2vec-settings';
import type {Word2VecEvent} from '../training/word2vec-training';
import type {WordVectors} from '../word-vectors/word-vectors';
import {type ParallelOptions, resolveSettings} from './parallel-settings';
import {ParallelTraining} from './parallel-training';
import {trainChunkReference} from './reference';

type Options = Word2VecSettings & ParallelOptions;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function eventsOf(training: ParallelTraining, signal?: AbortSignal): Promise<Word2VecEvent[]> {
  const events: Word2VecEvent[] = [];
  for await (const event of training.run({signal})) events.push(event);
  return events;
}

async function train(corpus: WordCorpus, options: Options): Promise<{vectors: WordVectors; events: Word2VecEvent[]}> {
  const training = new ParallelTraining(corpus, options);
  const events = await eventsOf(training);
  return {vectors: await training.wordVectors(), events};
}

const progressOf = (events: Word2VecEvent[]) => events.filter((event) => event.kind === 'progress');

const models: [string, Options][] = [
  ['skip-gram, negative sampling', {model: 'skipGram'}],
  ['CBOW of means, negative sampling', {model: 'cbow', contextReduction: 'mean'}],
  ['CBOW of sums, negative sampling', {model: 'cbow', contextReduction: 'sum'}],
  ['skip-gram, hierarchical softmax', {model: 'skipGram', loss: {kind: 'hierarchicalSoftmax'}}],
  ['CBOW of means, hierarchical softmax', {model: 'cbow', loss: {kind: 'hierarchicalSoftmax'}}],
  ['CBOW of sums, hierarchical softmax', {model: 'cbow', contextReduction: 'sum', loss: {kind: 'hierarchicalSoftmax'}}],
];

describe.each(models)('%s', (_, model) => {
  test.each([
    {negativeSamples: 5, dimension: 10, window: 3, learningRate: 0.03, subsample: 0, seed: 7},
    {negativeSamples: 1, dimension: 4, window: 1, learningRate: 0.03, subsample: 0.05, seed: -1},
    {negativeSamples: 8, dimension: 1, window: 8, learningRate: 0.02, subsample: 0, seed: 2 ** 40 + 5},
  ])('$0: the vectors of the reference within 1e-5', async ({negativeSamples, ...sizes}) => {
    const corpus = topicCorpus({topics: 3, wordsPerTopic: 3, length: 60});
    const loss = model.loss ?? ({kind: 'negativeSampling', negativeSamples} as const);
    const options = {...sizes, ...model, loss, epochs: 3, threads: 1};
    const training = new ParallelTraining(corpus, options);
    // Vectors far from 0, where a wrong gradient shows.
    const {kind, state, tensors} = await training.checkpoint();
    for (const {data} of Object.values(tensors)) data.set(data.map((_, at) => Math.sin(1 + at) / 2));
    const restored = ParallelTraining.restore(corpus, {kind, state, tensors}, {threads: 1});
    const rows = ({data}: {data: ArrayLike<number>}) => {
      const {dimension} = sizes;
      return Array.from({length: data.length / dimension}, (_, row) =>
        Array.from({length: dimension}, (_, column) => data[row * dimension + column]!),
      );
    };
    const reference = {
      settings: resolveSettings(options),
      counts: Array.from(corpus.vocabulary.counts),
      inputs: rows(tensors.inputs!),
      outputs: rows(tensors.outputs!),
    };
    const ids = new Int32Array(60);
    await corpus.read(0, ids);
    for (let chunk = 0; chunk < 3; chunk++) trainChunkReference(reference, [...ids], chunk, 3);
    await eventsOf(restored);
    const {tensors: trained} = await restored.checkpoint();
    expectClose(trained.inputs!.data, reference.inputs.flat(), {relative: 1e-5, absolute: 1e-5});
    expectClose(trained.outputs!.data, reference.outputs.flat(), {relative: 1e-5, absolute: 1e-5});
  });

  test('words of one topic become neighbours, and the loss falls', async () => {
    const options = {...model, dimension: 12, epochs: 6, subsample: 0, threads: 2, secondsBetweenReports: 1000};
    const lossOf = (events: Word2VecEvent[]) => progressOf(events)[0]!.loss; // of the whole training
    const {events: untrained} = await train(topicCorpus(), {...options, learningRate: 1e-9, minimumLearningRate: 0});
    const {events: trained, vectors} = await train(topicCorpus(), {...options, learningRate: 0.05});
    expect(topicPurity(vectors)).toBe(1);
    expect(lossOf(trained)).toBeLessThan(lossOf(untrained) - 0.1);
  });

  test('one thread gives the same vectors again, another seed others', async () => {
    const options = {...model, dimension: 6, epochs: 2, threads: 1};
    const corpus = topicCorpus({length: 5000});
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => (await train(corpus, {...options, seed})).vectors.values),
    );
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('stopped, checkpointed and resumed, one thread gives the same vectors', async () => {
    const options = {...model, dimension: 3, window: 1, epochs: 45, threads: 1};
    const corpus = topicCorpus({length: 30_000});
    const {vectors: expected} = await train(corpus, options);
    // More has been read than waits in memory, and not all.
    const abort = new AbortController();
    let wordsRead = 0;
    const read: WordCorpus['read'] = (start, into) => {
      wordsRead += into.length;
      if (wordsRead > 1_100_000) abort.abort();
      return corpus.read(start, into);
    };
    const training = new ParallelTraining({...corpus, read}, options);
    expect((await eventsOf(training, abort.signal)).at(-1)).toMatchObject({stopped: true});
    const checkpoint = JSON.parse(
      JSON.stringify(await training.checkpoint(), (_, value) => (value instanceof Float32Array ? [...value] : value)),
    );
    for (const tensor of Object.values<{data: unknown}>(checkpoint.tensors)) {
      tensor.data = Float32Array.from(tensor.data as number[]);
    }
    expect(checkpoint.state.position).toBeGreaterThan(0);
    expect(checkpoint.state.position).toBeLessThan(1350);
    const resumed = ParallelTraining.restore(corpus, checkpoint, {threads: 1});
    await eventsOf(resumed);
    expect((await resumed.wordVectors()).values).toEqual(expected.values);
    await eventsOf(training); // the interrupted one goes on too
    expect((await training.wordVectors()).values).toEqual(expected.values);
  });
});

describe('a run', () => {
  const corpus = topicCorpus({length: 50_000});

  test('tells of words, rate, loss, learning rate and epochs, and ends', async () => {
    const {events} = await train(corpus, {dimension: 8, epochs: 4, threads: 2, secondsBetweenReports: 0.01});
    const progress = progressOf(events);
    const words = progress.map((event) => event.words);
    expect(words).toEqual(words.toSorted((a, b) => a - b));
    expect(words.at(-1)).toBe(200_000);
    for (const event of progress) {
      expect(event.totalWords).toBe(200_000);
      expect(event.wordsPerSecond).toBeGreaterThan(0);
      expect(event.secondsLeft).toBeGreaterThanOrEqual(0);
      expect(event.learningRate).toBeLessThanOrEqual(0.025);
    }
    expect(progress.at(-1)!.learningRate).toBeCloseTo(1e-4, 12);
    expect(events.filter(({kind}) => kind === 'epoch')).toEqual([1, 2, 3, 4].map((epoch) => ({kind: 'epoch', epoch})));
    expect(events.at(-1)).toEqual({kind: 'end', seconds: expect.any(Number), stopped: false});
  });

  test('after its end has nothing left to do', async () => {
    const training = new ParallelTraining(topicCorpus({length: 3000}), {dimension: 4, epochs: 1, threads: 2});
    await eventsOf(training);
    const before = await training.wordVectors();
    expect(await eventsOf(training)).toEqual([{kind: 'end', seconds: expect.any(Number), stopped: false}]);
    expect(await training.wordVectors()).toEqual(before);
  });

  test('stops within 100 ms of the signal, and has done every chunk that it claimed', async () => {
    const training = new ParallelTraining(corpus, {dimension: 300, epochs: 1000, threads: 2, window: 10});
    const abort = new AbortController();
    let aborted = 0;
    void sleep(300).then(() => {
      aborted = performance.now();
      abort.abort();
    });
    const events = await eventsOf(training, abort.signal);
    expect(performance.now() - aborted).toBeLessThan(100);
    expect(events.at(-1)).toMatchObject({kind: 'end', stopped: true});
    const {position} = (await training.checkpoint()).state;
    await sleep(50);
    expect((await training.checkpoint()).state.position).toBe(position);
  });

  test('does nothing where the signal has aborted already', async () => {
    const training = new ParallelTraining(corpus, {dimension: 4, threads: 2});
    const events = await eventsOf(training, AbortSignal.abort());
    expect(events).toEqual([{kind: 'end', seconds: expect.any(Number), stopped: true}]);
  });

  test('stops where its events are no longer taken', async () => {
    const training = new ParallelTraining(corpus, {
      dimension: 50,
      epochs: 1000,
      threads: 2,
      secondsBetweenReports: 0.01,
    });
    for await (const _ of training.run()) break;
    const {position} = (await training.checkpoint()).state;
    await sleep(50);
    expect((await training.checkpoint()).state.position).toBe(position);
  });

  test('a checkpoint in its midst holds it up, and it goes on', async () => {
    const training = new ParallelTraining(corpus, {
      dimension: 20,
      epochs: 100,
      threads: 2,
      secondsBetweenReports: 0.02,
    });
    const positions: number[] = [];
    for await (const event of training.run()) {
      if (event.kind === 'progress') positions.push((await training.checkpoint()).state.position as number);
    }
    expect(positions.length).toBeGreaterThan(3);
    expect(positions.at(-1)).toBe(5000);
  });

  test('checkpoints at any moment, several at once: also while threads end', async () => {
    const training = new ParallelTraining(corpus, {dimension: 300, epochs: 1000, threads: 2, window: 10});
    const positions = [0];
    const look = async () => void positions.push((await training.checkpoint()).state.position as number);
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      const run = eventsOf(training, abort.signal);
      await Promise.all([look(), look()]);
      await sleep(10 * Math.random());
      const last = look();
      abort.abort();
      await last;
      await sleep(5 * Math.random()); // a thread may have ended, the other is in the midst of a chunk
      await look();
      expect((await run).at(-1)).toMatchObject({kind: 'end', stopped: true});
    }
    await look();
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(positions.at(-1)).toBe(positions.at(-2));
  });

  test('what is read too late for a run that was stopped does not reach the next', async () => {
    const long = topicCorpus({length: 300_000});
    const settings = {dimension: 4, epochs: 5, threads: 1};
    const {vectors: expected} = await train(long, settings);
    let finishFirst: (() => void) | undefined;
    let reads = 0;
    const read: WordCorpus['read'] = async (start, into) => {
      reads += 1;
      if (reads === 1) await new Promise<void>((resolve) => (finishFirst = resolve));
      if (reads === 1300) finishFirst!(); // slots hold their second text by then
      return long.read(start, into);
    };
    const training = new ParallelTraining({...long, read}, settings);
    await eventsOf(training, AbortSignal.timeout(50));
    await eventsOf(training);
    expect((await training.wordVectors()).values).toEqual(expected.values);
  });

  test('only one at a time', async () => {
    const training = new ParallelTraining(corpus, {dimension: 4, epochs: 100, threads: 1, secondsBetweenReports: 0.01});
    for await (const _ of training.run()) {
      await expect(eventsOf(training)).rejects.toThrow('running already');
      break;
    }
  });

  test('takes a corpus that is read later, in pieces', async () => {
    const [direct, later] = await Promise.all(
      [false, true].map(async (waits) => {
        const read: WordCorpus['read'] = async (start, into) => {
          if (waits) await sleep(2);
          return corpus.read(start, into);
        };
        return (await train({...corpus, read}, {dimension: 5, epochs: 2, threads: 1})).vectors.values;
      }),
    );
    expect(later).toEqual(direct);
  });

  test('of a text longer than what waits in memory is the same from run to run', async () => {
    const long = topicCorpus({length: 300_000});
    const [first, second] = [
      await train(long, {dimension: 4, epochs: 5, threads: 1}),
      await train(long, {dimension: 4, epochs: 5, threads: 1}),
    ];
    expect(second.vectors.values).toEqual(first.vectors.values);
  });

  test('ends by an error of the corpus', async () => {
    const failing: WordCorpus = {
      ...corpus,
      read: () => {
        throw new Error('the disk is gone');
      },
    };
    await expect(train(failing, {dimension: 4, threads: 2})).rejects.toThrow('the disk is gone');
    const short: WordCorpus = {...corpus, length: 60_000, rawLength: 60_000};
    await expect(train(short, {dimension: 4, threads: 2})).rejects.toThrow('expected 1000 of its 60000');
    const foreign = {...corpus, vocabulary: {words: ['a', 'b'], counts: [5, 4]}};
    await expect(train(foreign, {dimension: 4, threads: 2})).rejects.toThrow(IdRangeError);
  });
});

describe('without memory that threads share', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('the calling thread trains alone, to the same vectors', async () => {
    const corpus = topicCorpus({length: 5000});
    const options = {dimension: 7, epochs: 3};
    const {vectors: expected} = await train(corpus, {...options, threads: 1});
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const training = new ParallelTraining(corpus, options);
    expect(training.threads).toBe(1);
    expect((await eventsOf(training)).at(-1)).toMatchObject({kind: 'end', stopped: false});
    expect((await training.wordVectors()).values).toEqual(expected.values);
    expect(() => new ParallelTraining(corpus, {threads: 2})).toThrow('Cross-Origin-Opener-Policy');
  });

  test('it stops by the signal, and other work goes on beside it', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const training = new ParallelTraining(topicCorpus(), {dimension: 100, epochs: 1000});
    const start = performance.now();
    const events = await eventsOf(training, AbortSignal.timeout(100));
    expect(events.at(-1)).toMatchObject({kind: 'end', stopped: true});
    expect(performance.now() - start).toBeLessThan(300);
  });
});

describe('refused', () => {
  const corpus = topicCorpus({length: 2000});

  test.each<[Options, string]>([
    [{window: 0}, 'window is 0, expected a whole number from 1 to 1000'],
    [{dimension: 0}, 'dimension is 0, expected a whole number from 1 up'],
    [{dimension: 2.5}, 'dimension is 2.5'],
    [{epochs: 0}, 'epochs is 0'],
    [{threads: 0}, 'threads is 0'],
    [{learningRate: 0}, 'learningRate is 0, expected a number above 0'],
    [{learningRate: Number.NaN}, 'learningRate is NaN'],
    [{minimumLearningRate: 1}, 'minimumLearningRate is 1, expected a number from 0 to learningRate, 0.025'],
    [{subsample: -1}, 'subsample is -1'],
    [{seed: 1.5}, 'seed is 1.5'],
    [{model: 'glove' as 'cbow'}, 'model is glove, expected skipGram or cbow'],
    [{vectorSize: 50} as object, 'A ParallelTraining has no option "vectorSize". It has model'],
    [{contextReduction: 'max' as 'sum'}, 'contextReduction is max, expected mean or sum'],
    [{loss: {kind: 'negativeSampling', negativeSamples: 0}}, 'negativeSamples is 0'],
    [
      {loss: {kind: 'softmax' as 'hierarchicalSoftmax'}},
      'The loss is softmax, expected negativeSampling or hierarchicalSoftmax',
    ],
  ])('%j', (options, message) => {
    expect(() => new ParallelTraining(corpus, options)).toThrow(RangeError);
    expect(() => new ParallelTraining(corpus, options)).toThrow(message);
  });

  test.each<[string, Partial<WordCorpus>, string]>([
    ['an empty corpus', {vocabulary: {words: [], counts: []}, length: 0, rawLength: 0}, 'has 0 different words'],
    ['one word', {vocabulary: {words: ['a'], counts: [9]}, length: 9, rawLength: 9}, 'has 1 different words'],
    ['no ids', {length: 0, rawLength: 0}, 'has 0 words in its vocabulary'],
    ['counts that lack', {vocabulary: {words: ['a', 'b'], counts: [1]}}, '2 words and 1 counts'],
    ['a raw length below its length', {rawLength: 3}, 'rawLength 3'],
  ])('%s', (_, part, message) => {
    expect(() => new ParallelTraining({...corpus, ...part})).toThrow(message);
  });

  test('vectors beyond 4 GiB', () => {
    expect(() => new ParallelTraining(corpus, {dimension: 100_000_000})).toThrow(BackendError);
    expect(() => new ParallelTraining(corpus, {dimension: 100_000_000})).toThrow(
      'take a smaller vocabulary or dimension',
    );
  });

  test('a checkpoint of something else', async () => {
    const checkpoint = await new ParallelTraining(corpus, {dimension: 4}).checkpoint();
    expect(() => ParallelTraining.restore(corpus, {...checkpoint, kind: 'gatefold/language-model'})).toThrow(
      CheckpointError,
    );
    expect(() => ParallelTraining.restore(topicCorpus({seed: 2, length: 2000}), checkpoint)).toThrow(
      'is of a corpus of 2000 words',
    );
    const {inputs} = checkpoint.tensors;
    expect(() => ParallelTraining.restore(corpus, {...checkpoint, tensors: {inputs: inputs!}})).toThrow(
      'no tensor outputs',
    );
  });

  test('use after dispose', async () => {
    const training = new ParallelTraining(corpus, {dimension: 4});
    training.dispose();
    training.dispose();
    await expect(training.wordVectors()).rejects.toThrow('disposed of');
    await expect(eventsOf(training)).rejects.toThrow('disposed of');
  });
});

test('two words, one of them met once', async () => {
  const {vectors} = await train(corpusOf([0, 0, 0, 1, 0], ['a', 'b']), {dimension: 3, epochs: 2, threads: 1});
  expect(vectors.words).toEqual(['a', 'b']);
  expect(vectors.values.every(Number.isFinite)).toBe(true);
});
