import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {ReversedWords, reverseWords} from '../batches/reversed-words';
import {Corpus} from '../corpus/corpus';
import {PairBatches, type PairBatchesOptions} from './pair-batches';
import {PairFile} from './pair-file';
import {PairVocabulary} from './pair-vocabulary';
import {type Seq2SeqBatch, seq2seqBatch} from './seq2seq-batch';

const source = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz');
const text = 'the quick brown fox jumps over the lazy dog and then sleeps under an old apple tree';
const corpus = new Corpus('fox', new TextEncoder().encode(text));
const words = text.split(' ').map((word) => [word, reverseWords(word)] as const);

/** The pairs of a batch as texts again. */
function pairsOf(batch: Seq2SeqBatch): [string, string][] {
  const column = (ids: Int32Array, index: number) => ids.filter((_, at) => at % batch.batchSize === index);
  return Array.from({length: batch.batchSize}, (_, index) => [
    source.decode(column(batch.sources, index)),
    source.decode(column(batch.targets, index)),
  ]);
}

const take = (batches: PairBatches, count: number) => Array.from({length: count}, () => batches.next());

describe('seq2seqBatch', () => {
  test('is time-major, padded to the longest of each side; targets end in EOS', () => {
    const vocabulary = PairVocabulary.ofCharacters('abc');
    expect(seq2seqBatch([['ab', 'c'], {source: 'c', target: ''}], {source: vocabulary})).toEqual({
      sources: Int32Array.of(4, 6, 5, 0),
      sourceLengths: Int32Array.of(2, 1),
      targets: Int32Array.of(6, 2, 2, 0),
      targetLengths: Int32Array.of(2, 1),
      sourceLength: 2,
      targetLength: 2,
      batchSize: 2,
    });
  });

  test('takes a vocabulary for each side', () => {
    const target = PairVocabulary.ofCharacters('cba');
    expect(seq2seqBatch([['a', 'a']], {source: PairVocabulary.ofCharacters('abc'), target})).toMatchObject({
      sources: Int32Array.of(4),
      targets: Int32Array.of(6, 2),
    });
  });

  test('refuses a source without symbols, unknown characters, and no pairs', () => {
    expect(() => seq2seqBatch([['', 'fox']], {source})).toThrow('its target is "fox"');
    expect(() => seq2seqBatch([['fox!', 'fox']], {source})).toThrow('"!" at offset 3');
    expect(seq2seqBatch([['!', 'fox']], {source, onUnknown: () => undefined}).sources).toEqual(Int32Array.of(3));
    expect(() => seq2seqBatch([], {source})).toThrow('no pairs');
  });
});

describe('PairBatches', () => {
  test('puts each pair in the smallest bucket that it fits in, with EOS, and pads no further', () => {
    const pairs = [
      ['abc', 'abc'],
      ['ab', 'ab'],
      ['a', 'abc'],
      ['a', 'a'],
    ] as const;
    const batches = new PairBatches(pairs, {
      source,
      batchSize: 2,
      buckets: [
        [4, 4],
        [2, 3],
      ],
    });
    const [first, second] = take(batches, 2);
    expect([first!.sourceLength, first!.targetLength, pairsOf(first!)]).toEqual([4, 4, [pairs[0], pairs[2]]]);
    expect([second!.sourceLength, second!.targetLength, pairsOf(second!)]).toEqual([2, 3, [pairs[1], pairs[3]]]);
    expect([second!.sources.length, second!.targets.length]).toEqual([4, 6]);
    expect([...second!.targetLengths]).toEqual([3, 2]);
  });

  test('leaves out longer pairs or cuts them, as asked, and counts them', () => {
    const pairs = [
      ['abcdef', 'fedcba'],
      ['ab', 'ba'],
      ['abc', 'cbaz'],
    ] as const;
    const options: PairBatchesOptions = {source, batchSize: 1, buckets: [[3, 4]]};
    const leaving = new PairBatches(pairs, options);
    expect(take(leaving, 2).flatMap(pairsOf)).toEqual([pairs[1], pairs[1]]);
    expect([leaving.leftOut, leaving.cut]).toEqual([3, 0]);
    const cutting = new PairBatches(pairs, {...options, longer: 'cut'});
    expect(take(cutting, 3).flatMap(pairsOf)).toEqual([
      ['abc', 'fed'],
      ['ab', 'ba'],
      ['abc', 'cba'],
    ]);
    expect([cutting.leftOut, cutting.cut]).toEqual([0, 2]);
  });

  test('says so where nothing fits, rather than look for ever', () => {
    const make = (pairs: ConstructorParameters<typeof PairBatches>[0]) =>
      new PairBatches(pairs, {source, buckets: [[1, 2]]});
    expect(() => make([['ab', 'ba']]).next()).toThrow(
      'None of 1 pairs fits in a bucket, the largest of which is [1,2]',
    );
    expect(() => make(new Set([['ab', 'ba'] as const])).next()).toThrow(RangeError);
    expect(() => make(new ReversedWords(corpus, {seed: 1})).next()).toThrow(RangeError);
  });

  test('shuffles anew in every pass, each pair once', () => {
    const options: PairBatchesOptions = {source, batchSize: words.length, buckets: [[9, 9]], seed: 3};
    const batches = new PairBatches(words, options);
    const [first, second] = take(batches, 2).map(pairsOf);
    expect(first).not.toEqual(second);
    for (const pass of [first!, second!]) expect(pass.toSorted()).toEqual(words.toSorted());
    expect(pairsOf(new PairBatches(words, options).next())).toEqual(first);
    expect(pairsOf(new PairBatches(words, {...options, seed: 4}).next())).not.toEqual(first);
  });

  test('takes arrays, files, sets, and pairs without end', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gatefold-'));
    await writeFile(path.join(folder, 'words.tsv'), words.map((pair) => pair.join('\t')).join('\n'));
    const file = await PairFile.open(path.join(folder, 'words.tsv'));
    const options: PairBatchesOptions = {
      source,
      batchSize: 5,
      buckets: [
        [4, 5],
        [9, 9],
      ],
    };
    const batches = (pairs: ConstructorParameters<typeof PairBatches>[0], seed?: number) =>
      take(new PairBatches(pairs, {...options, seed}), 20);
    expect(batches(file)).toEqual(batches(words));
    expect(batches(file, 7)).toEqual(batches(words, 7));
    expect(batches(new Set(words.map(([source, target]) => ({source, target}))))).toEqual(
      batches([...new Map(words.map((pair) => [pair, pair])).values()]),
    );
    const windows = new PairBatches(new ReversedWords(corpus, {seed: 1}), {source, buckets: [[20, 21]], batchSize: 3});
    for (const [window, reversed] of pairsOf(windows.next())) expect(reversed).toBe(reverseWords(window));
    file.close();
    await rm(folder, {recursive: true});
  });

  test('gives every pair once to evaluate on, and stays where it is', () => {
    const lengths = fc.array(fc.tuple(fc.integer({min: 1, max: 9}), fc.integer({min: 0, max: 9})), {minLength: 1});
    fc.assert(
      fc.property(lengths, fc.integer({min: 1, max: 5}), (lengths, batchSize) => {
        const pairs = lengths.map(([from, to]) => ['a'.repeat(from), 'b'.repeat(to)] as const);
        const batches = new PairBatches(pairs, {
          source,
          batchSize,
          buckets: [
            [3, 4],
            [9, 10],
          ],
          seed: 1,
        });
        const state = batches.state();
        expect([...batches.once()].flatMap(pairsOf).toSorted()).toEqual(pairs.toSorted());
        expect(batches.state()).toEqual(state);
      }),
      {seed: 20261125, numRuns: 200},
    );
    const windows = new PairBatches(new ReversedWords(corpus), {source, buckets: [[20, 21]]});
    expect(() => windows.once().next()).toThrow('no end');
  });

  test.each([
    ['an array in order', () => words, undefined],
    ['an array, shuffled', () => words, 5],
    ['a set', () => new Set(words), undefined],
    ['windows of a text', () => new ReversedWords(corpus, {seed: 2, windowLength: 8}), undefined],
  ])('goes on from a state to the same batches: %s', (_, pairs, seed) => {
    const options: PairBatchesOptions = {
      source,
      batchSize: 4,
      buckets: [
        [3, 4],
        [5, 6],
        [8, 9],
      ],
    };
    for (const count of [0, 1, 7, 20]) {
      const batches = new PairBatches(pairs(), {...options, seed});
      take(batches, count);
      const state = JSON.parse(JSON.stringify(batches.state()));
      const resumed = new PairBatches(pairs(), {...options, seed: seed && seed + 1});
      take(resumed, 3);
      resumed.restore(state);
      expect(resumed.state()).toEqual(state);
      expect(take(resumed, 12)).toEqual(take(batches, 12));
      expect(resumed.state()).toEqual(batches.state());
    }
  });

  test('refuses the state of other pairs or sizes, and a damaged one', () => {
    const batches = new PairBatches(words, {source, batchSize: 4, buckets: [[9, 9]], seed: 1});
    batches.next();
    const state = batches.state();
    const {order} = state;
    expect(() => batches.restore({...state, batchSize: 5})).toThrow('batchSize 5, these have 4');
    expect(() => batches.restore({...state, buckets: [[3, 4]]})).toThrow('buckets [[3,4]], these have [[9,9]]');
    expect(() => batches.restore({...state, order: {...order, length: 3}})).toThrow('of 3 pairs, expected 17');
    expect(() => batches.restore({...state, order: {...order, position: 18}})).toThrow('position is 18');
    expect(() => batches.restore({...state, order: {...order, random: [1]}})).toThrow('random is [1]');
    expect(() => batches.restore({...state, waiting: [[[[5], []]]]})).toThrow('wait');
    expect(() => batches.restore({...state, leftOut: -1})).toThrow('damaged');
    expect(batches.state()).toEqual(state);
  });

  test('refuses no pairs, no buckets, sizes that are none, and a seed for pairs with an order of their own', () => {
    const make = (options: Partial<PairBatchesOptions>, pairs: Iterable<readonly [string, string]> = words) =>
      new PairBatches(pairs, {source, buckets: [[9, 9]], ...options});
    expect(() => make({}, [])).toThrow('no pairs');
    expect(() => make({}, new Set<readonly [string, string]>()).next()).toThrow('come to their end');
    expect(() => make({buckets: []})).toThrow('buckets is []');
    expect(() => make({buckets: [[0, 1]]})).toThrow('buckets is [[0,1]]');
    expect(() => make({batchSize: 0})).toThrow('batchSize is 0');
    expect(() => make({longer: 'keep' as 'cut'})).toThrow('longer is "keep"');
    expect(() => make({seed: 0.5})).toThrow('seed is 0.5');
    expect(() => make({seed: 1}, new Set(words))).toThrow(TypeError);
    const once = make({batchSize: 9}, words.values());
    once.next();
    expect(() => once.next()).toThrow('cannot be iterated over again');
  });
});
