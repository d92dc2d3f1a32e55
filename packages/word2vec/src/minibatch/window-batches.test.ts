import {describe, expect, test} from 'vitest';
import {corpusOf, topicCorpus} from '../fixtures/topic-corpus';
import type {WordCorpus} from '../training/word-corpus';
import {type MinibatchSettings, resolveSettings} from './minibatch-settings';
import type {Batch} from './prediction-model';
import {WindowBatches} from './window-batches';

function batchesOf(corpus: WordCorpus, settings: MinibatchSettings): WindowBatches {
  return new WindowBatches(corpus, resolveSettings(settings, corpus.vocabulary.words.length));
}

async function allOf(batches: WindowBatches): Promise<Required<Batch>[]> {
  const all: Required<Batch>[] = [];
  for (let batch = await batches.next(); batch; batch = await batches.next()) all.push(batch as Required<Batch>);
  return all;
}

/** Each prediction as text, sorted: `inputs>target`. */
function predictions(batches: Required<Batch>[]): string[] {
  return batches
    .flatMap(({inputs, sizes, targets}) => {
      const width = inputs.length / targets.length;
      return Array.from(targets, (target, row) => {
        const context = inputs.subarray(row * width, row * width + sizes[row]!);
        return `${context.join(' ')}>${target}`;
      });
    })
    .sort();
}

/** Words that are called by their place in the text, all as frequent. */
const places = (length: number) =>
  corpusOf(
    Array.from({length}, (_, id) => id),
    Array.from({length}, (_, id) => `w${id}`),
  );

describe('the batches of a text', () => {
  test('skip-gram pairs each word with its neighbours', async () => {
    const batches = batchesOf(places(4), {window: 1, epochs: 1, batchSize: 4, subsample: 0});
    const all = await allOf(batches);
    expect(all.map(({targets}) => targets.length)).toEqual([4, 2]);
    expect(predictions(all)).toEqual(['0>1', '1>0', '1>2', '2>1', '2>3', '3>2']);
    expect(batches.words).toBe(4);
    expect(batches.epochs).toBe(1);
  });

  test('CBOW predicts each word from its neighbours, and repeats one where there are fewer', async () => {
    const all = await allOf(batchesOf(places(4), {model: 'cbow', window: 1, epochs: 1, batchSize: 3, subsample: 0}));
    expect(predictions(all)).toEqual(['0 2>1', '1 3>2', '1>0', '2>3']);
    for (const {inputs, sizes, targets} of all) {
      expect(inputs.length).toBe(2 * targets.length);
      sizes.forEach((size, row) => {
        if (size === 1) expect(inputs[2 * row + 1]).toBe(inputs[2 * row]);
      });
    }
  });

  test('windows are shrunk at random, evenly', async () => {
    const all = await allOf(batchesOf(places(9000), {window: 3, epochs: 1, subsample: 0}));
    const distances = [0, 0, 0, 0];
    for (const {inputs, targets} of all) {
      targets.forEach((target, row) => {
        distances[Math.abs(target - inputs[row]!)]! += 1;
      });
    }
    const [, one, two, three] = distances.map((count) => count / 18_000);
    expect(one).toBeCloseTo(1, 2);
    expect(two).toBeCloseTo(2 / 3, 1);
    expect(three).toBeCloseTo(1 / 3, 1);
  });

  test('frequent words are dropped as their probabilities have it', async () => {
    const corpus = topicCorpus({topics: 1, wordsPerTopic: 1, length: 9999});
    const {words, counts} = corpus.vocabulary;
    const two = {...corpus, vocabulary: {words: [...words, 'b'], counts: [...Array.from(counts), 1]}};
    const subsample = 0.1;
    const all = await allOf(batchesOf(two, {model: 'cbow', window: 1, epochs: 1, subsample}));
    const kept = all.reduce((sum, {targets}) => sum + targets.length, 0) / 9999;
    expect(kept).toBeCloseTo((Math.sqrt(1 / subsample) + 1) * subsample, 1);
  });

  test('are all of one size over all epochs, but for the last', async () => {
    const batches = batchesOf(topicCorpus({length: 25_000}), {window: 2, epochs: 2, batchSize: 512, subsample: 0});
    const sizes = (await allOf(batches)).map(({targets}) => targets.length);
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([512]));
    expect(batches.words).toBe(50_000);
    expect(batches.epochs).toBe(2);
  });

  test('go on from a checkpoint, to the same batches', async () => {
    const settings: MinibatchSettings = {model: 'cbow', window: 2, epochs: 2, batchSize: 100, subsample: 0.01};
    const corpus = topicCorpus({length: 12_000});
    const batches = batchesOf(corpus, settings);
    for (let count = 0; count < 57; count++) await batches.next();
    const {state, tensors} = batches.checkpoint();
    const resumed = batchesOf(corpus, {...settings, seed: 9});
    resumed.restore(JSON.parse(JSON.stringify(state)), tensors);
    expect(resumed.words).toBe(batches.words);
    expect(await allOf(resumed)).toEqual(await allOf(batches));
  });

  test('a corpus that gives too little, or an id it has not, is an error', async () => {
    const corpus = places(10);
    const short = batchesOf({...corpus, read: () => 3}, {epochs: 1});
    await expect(short.next()).rejects.toThrow('The corpus read 3 ids from 0, expected 10 of its 10');
    const wrong = {...corpus, read: (_: number, into: Int32Array) => into.fill(10).length};
    await expect(batchesOf(wrong, {epochs: 1}).next()).rejects.toThrow('has id 10 at position 0');
  });
});
