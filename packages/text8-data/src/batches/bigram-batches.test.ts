import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {BigramVocabulary} from '../vocabulary/bigram-vocabulary';
import {BigramBatches} from './bigram-batches';

const apart = new BigramVocabulary();
const overlapping = new BigramVocabulary({overlapping: true});
const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const corpus = new Corpus('alphabet', new TextEncoder().encode(alphabet));

/** The sequences of a batch as text, one a cursor. */
function sequences(vocabulary: BigramVocabulary, ids: Int32Array, batchSize: number): string[] {
  return Array.from({length: batchSize}, (_, cursor) =>
    vocabulary.decode(ids.filter((_, index) => index % batchSize === cursor)),
  );
}

describe('BigramBatches', () => {
  test('reads pairs that do not overlap, and goes on where it ended', () => {
    const batches = new BigramBatches(corpus, {vocabulary: apart, batchSize: 2, sequenceLength: 3});
    const [first, second] = [batches.next(), batches.next()];
    expect(sequences(apart, first.inputs, 2)).toEqual(['abcdef', 'nopqrs']);
    expect(sequences(apart, first.targets, 2)).toEqual(['cdefgh', 'pqrstu']);
    expect(sequences(apart, second.inputs, 2)).toEqual(['ghijkl', 'tuvwxy']);
    expect(batches.vocabularySize).toBe(729);
  });

  test('reads pairs that overlap', () => {
    const batches = new BigramBatches(corpus, {vocabulary: overlapping, batchSize: 2, sequenceLength: 3});
    const [first, second] = [batches.next(), batches.next()];
    expect(sequences(overlapping, first.inputs, 2)).toEqual(['abcd', 'nopq']);
    expect(sequences(overlapping, first.targets, 2)).toEqual(['bcde', 'opqr']);
    expect(sequences(overlapping, second.inputs, 2)).toEqual(['defg', 'qrst']);
  });

  test.each([
    [apart, 12, 'yzabcdefgh'],
    [overlapping, 24, 'yzabcd'],
  ])('wraps at the end of the text', (vocabulary, sequenceLength, expected) => {
    const batches = new BigramBatches(corpus, {vocabulary, batchSize: 1, sequenceLength});
    batches.next();
    expect(sequences(vocabulary, batches.next().inputs.subarray(0, 5), 1)).toEqual([expected]);
  });

  test.each([apart, overlapping])('gives the last targets of a batch as the first inputs of the next', (vocabulary) => {
    const batches = new BigramBatches(corpus, {vocabulary, batchSize: 3, sequenceLength: 4});
    let before = batches.next();
    for (let round = 0; round < 20; round++) {
      const batch = batches.next();
      expect(batch.inputs.subarray(0, 3)).toEqual(before.targets.subarray(9));
      expect(batch.targets.subarray(0, 9)).toEqual(batch.inputs.subarray(3));
      before = batch;
    }
  });

  test.each([apart, overlapping])('goes on from a state to the same batches, whatever the seed', (vocabulary) => {
    const options = {vocabulary, batchSize: 2, sequenceLength: 5};
    const batches = new BigramBatches(corpus, {...options, seed: 3});
    for (let count = 0; count < 7; count++) batches.next();
    const resumed = new BigramBatches(corpus, options);
    resumed.restore(JSON.parse(JSON.stringify(batches.state())));
    for (let count = 0; count < 3; count++) expect(resumed.next()).toEqual(batches.next());
  });

  test('goes on from a state of earlier versions, which did not say whether pairs overlap', () => {
    const batches = new BigramBatches(corpus, {vocabulary: apart, batchSize: 2, sequenceLength: 5});
    batches.next();
    const {overlapping: _, ...state} = batches.state();
    const resumed = new BigramBatches(corpus, {vocabulary: apart, batchSize: 2, sequenceLength: 5});
    resumed.restore(state);
    expect(resumed.next()).toEqual(batches.next());
  });

  test('can be iterated over', () => {
    for (const {inputs} of new BigramBatches(corpus, {vocabulary: apart, batchSize: 1, sequenceLength: 2})) {
      expect(sequences(apart, inputs, 1)).toEqual(['abcd']);
      break;
    }
  });

  test('refuses the state of another shape, a text too short, and sizes that are none', () => {
    const batches = new BigramBatches(corpus, {vocabulary: apart, batchSize: 2, sequenceLength: 5});
    expect(() => batches.restore({...batches.state(), batchSize: 4})).toThrow('batchSize 4, these have 2');
    const other = new BigramBatches(corpus, {vocabulary: overlapping, batchSize: 2, sequenceLength: 5});
    expect(() => batches.restore(other.state())).toThrow('overlapping true, these have false');
    const asMany = new BigramBatches(corpus, {vocabulary: overlapping, batchSize: 2, sequenceLength: 10});
    expect(() => asMany.restore(batches.state())).toThrow('overlapping false, these have true');
    expect(() => new BigramBatches(corpus, {vocabulary: apart, batchSize: 14})).toThrow('26 symbols');
    expect(() => new BigramBatches(corpus, {vocabulary: apart, batchSize: 0})).toThrow('batchSize is 0');
    expect(() => new BigramBatches(alphabet as unknown as Corpus, {vocabulary: apart})).toThrow(
      'a string of 26 characters, expected a Corpus, new Corpus(',
    );
    expect(() => new BigramBatches(corpus, {vocabulary: apart, sequenceLength: 0.5})).toThrow('sequenceLength is 0.5');
  });
});
