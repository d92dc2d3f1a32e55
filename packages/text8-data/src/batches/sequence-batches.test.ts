import {describe, expect, test} from 'vitest';
import {Corpus} from '../corpus/corpus';
import {CharacterVocabulary} from '../vocabulary/character-vocabulary';
import {SequenceBatches} from './sequence-batches';

const vocabulary = new CharacterVocabulary();
const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const corpus = new Corpus('alphabet', new TextEncoder().encode(alphabet));

/** The sequences of a batch as text, one a cursor. */
function sequences(ids: Int32Array, batchSize: number): string[] {
  return Array.from({length: batchSize}, (_, cursor) =>
    vocabulary.decode(ids.filter((_, index) => index % batchSize === cursor)),
  );
}

describe('SequenceBatches', () => {
  test('reads at places spread evenly over the text, and goes on where it ended', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 2, sequenceLength: 3});
    const [first, second] = [batches.next(), batches.next()];
    expect(sequences(first.inputs, 2)).toEqual(['abc', 'nop']);
    expect(sequences(first.targets, 2)).toEqual(['bcd', 'opq']);
    expect(sequences(second.inputs, 2)).toEqual(['def', 'qrs']);
  });

  test('gives the last targets of a batch as the first inputs of the next, for a whole round and more', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 3, sequenceLength: 4});
    let before = batches.next();
    for (let round = 0; round < 20; round++) {
      const batch = batches.next();
      expect(batch.inputs.subarray(0, 3)).toEqual(before.targets.subarray(9));
      before = batch;
    }
  });

  test('wraps at the end of the text', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 1, sequenceLength: 20});
    batches.next();
    expect(sequences(batches.next().inputs, 1)).toEqual(['uvwxyzabcdefghijklmn']);
  });

  test('leaves the rest of the text, as the exercise does, where it does not divide', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 4, sequenceLength: 1});
    expect(sequences(batches.next().inputs, 4)).toEqual(['a', 'g', 'm', 's']); // 26 / 4 rounded down is 6
  });

  test('starts elsewhere for a seed, the same for the same one', () => {
    const first = (seed?: number) =>
      new SequenceBatches(corpus, {vocabulary, batchSize: 2, sequenceLength: 5, seed}).next();
    expect(first(3)).toEqual(first(3));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => String(first(seed).inputs))).size).toBeGreaterThan(2);
  });

  test('goes on from a state to the same batches', () => {
    const options = {vocabulary, batchSize: 2, sequenceLength: 5};
    const batches = new SequenceBatches(corpus, options);
    for (let count = 0; count < 7; count++) batches.next();
    const resumed = new SequenceBatches(corpus, options);
    resumed.restore(JSON.parse(JSON.stringify(batches.state())));
    expect(resumed.next()).toEqual(batches.next());
  });

  test('goes on from the state of a generator of another seed', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 2, sequenceLength: 5, seed: 3});
    batches.next();
    const resumed = new SequenceBatches(corpus, {vocabulary, batchSize: 2, sequenceLength: 5, seed: 4});
    resumed.restore(batches.state());
    expect(resumed.next()).toEqual(batches.next());
  });

  test('refuses the state of another text or shape', () => {
    const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 2, sequenceLength: 5});
    const state = batches.state();
    expect(() => batches.restore({...state, length: 99})).toThrow('length 99, these have 26');
    expect(() => batches.restore({...state, batchSize: 4})).toThrow('batchSize 4, these have 2');
    expect(() => batches.restore({...state, position: -1})).toThrow('position is -1');
    expect(() => batches.restore({...state, position: 'x'})).toThrow(RangeError);
  });

  test('takes ids in place of a corpus', () => {
    const ids = vocabulary.encode(alphabet);
    expect(new SequenceBatches(ids, {batchSize: 2}).next()).toEqual(
      new SequenceBatches(corpus, {vocabulary, batchSize: 2}).next(),
    );
  });

  test('knows how many symbols there are', () => {
    const size = (ids: Uint8Array | Int32Array, vocabularySize?: number) =>
      new SequenceBatches(ids, {batchSize: 2, vocabulary: vocabularySize === 27 ? vocabulary : undefined})
        .vocabularySize;
    expect(new SequenceBatches(corpus, {vocabulary, batchSize: 2}).vocabularySize).toBe(27);
    expect(size(Uint8Array.of(1, 2, 3, 4), 27)).toBe(27);
    expect(size(Int32Array.of(1, 2, 3, 40_000))).toBeUndefined();
    expect(() => size(Uint8Array.of(1, 2, 3, 27), 27)).toThrow('Id 27 at offset 3 is not in the vocabulary');
    expect(() => size(Int32Array.of(1, -2, 3, 4))).toThrow(
      'Id -2 at offset 1 is not in the vocabulary, expected 0 and up',
    );
  });

  test('can be iterated over', () => {
    const taken: string[] = [];
    for (const {inputs} of new SequenceBatches(corpus, {vocabulary, batchSize: 1, sequenceLength: 10})) {
      taken.push(...sequences(inputs, 1));
      if (taken.length === 2) break;
    }
    expect(taken).toEqual(['abcdefghij', 'klmnopqrst']);
  });

  test('refuses a text too short for a batch, and sizes that are none', () => {
    expect(() => new SequenceBatches(corpus, {vocabulary, batchSize: 14})).toThrow(
      '26 symbols, expected at least 2 for each of the 14',
    );
    expect(() => new SequenceBatches(corpus, {vocabulary, batchSize: 0})).toThrow('batchSize is 0');
    expect(() => new SequenceBatches(corpus, {vocabulary, sequenceLength: 1.5})).toThrow('sequenceLength is 1.5');
    expect(() => new SequenceBatches(corpus, {vocabulary, batchSize: 2, seed: 0.5})).toThrow('seed is 0.5');
    expect(() => new SequenceBatches(corpus, {batchSize: 2})).toThrow('A corpus needs a vocabulary');
    expect(() => new SequenceBatches(alphabet as unknown as Uint8Array, {vocabulary})).toThrow(
      new TypeError('The text is a string of 26 characters, expected its ids, vocabulary.encode(text), or a Corpus.'),
    );
  });
});
