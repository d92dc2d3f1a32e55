import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {encodeWords} from '../corpus/encoded-corpus';
import {CbowBatches} from './cbow-batches';

/** Ids that are their own places in the text. */
const places = (length: number) => Int32Array.from({length}, (_, place) => place);

describe('CbowBatches', () => {
  test('has the words around each place as inputs, and the word there as the target', () => {
    const {inputs, targets} = new CbowBatches(places(10), {batchSize: 2, skipWindow: 2}).next();
    expect([...inputs]).toEqual([0, 1, 3, 4, 1, 2, 4, 5]);
    expect([...targets]).toEqual([2, 3]);
  });

  test('goes on one word a window, batch after batch and round the end', () => {
    const sizes = [fc.integer({min: 1, max: 4}), fc.integer({min: 1, max: 30}), fc.nat(20)] as const;
    fc.assert(
      fc.property(...sizes, (skipWindow, batchSize, more) => {
        const length = 2 * skipWindow + 1 + more;
        const batches = new CbowBatches(places(length), {batchSize, skipWindow});
        for (let round = 0, start = 0; round < 6; round++) {
          const {inputs, targets} = batches.next();
          for (let row = 0; row < batchSize; row++, start++) {
            const window = Array.from({length: 2 * skipWindow + 1}, (_, index) => (start + index) % length);
            expect([targets[row]]).toEqual(window.splice(skipWindow, 1));
            expect([...inputs.subarray(2 * skipWindow * row, 2 * skipWindow * (row + 1))]).toEqual(window);
          }
        }
      }),
      {seed: 20261123, numRuns: 300},
    );
  });

  test('goes on from a state to the same batches, and refuses one of another text or shape', () => {
    const batches = new CbowBatches(places(50), {batchSize: 12});
    for (let count = 0; count < 40; count++) batches.next();
    const state = JSON.parse(JSON.stringify(batches.state()));
    const resumed = new CbowBatches(places(50), {batchSize: 12});
    resumed.restore(state);
    expect(resumed.next()).toEqual(batches.next());
    expect(() => resumed.restore({...state, batchSize: 13})).toThrow('batchSize 13, these have 12');
    expect(() => resumed.restore({...state, position: -1})).toThrow('position is -1');
  });

  test('reads an encoded corpus, and can be iterated over', () => {
    const corpus = encodeWords('the quick brown fox jumps', {minimumCount: 1});
    for (const batch of new CbowBatches(corpus)) {
      expect(batch).toEqual(new CbowBatches(corpus.ids).next());
      break;
    }
  });

  test('refuses sizes that are none, and a text shorter than a window', () => {
    expect(() => new CbowBatches(places(9), {batchSize: 1.5})).toThrow('batchSize is 1.5');
    expect(() => new CbowBatches(places(9), {skipWindow: 0})).toThrow('skipWindow is 0');
    expect(() => new CbowBatches('a b c' as unknown as Int32Array)).toThrow(
      'a string of 5 characters, expected its ids, encodeWords(text, ...)',
    );
    expect(() => new CbowBatches(places(2))).toThrow('2 words, expected at least the 3 of a window');
  });
});
