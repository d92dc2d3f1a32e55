import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {encodeWords} from '../corpus/encoded-corpus';
import {SkipGramBatches} from './skip-gram-batches';

/** Ids that are their own places in the text. */
const places = (length: number) => Int32Array.from({length}, (_, place) => place);

/** The windows of the exercise, by its own deque: ids are appended one by one, and the oldest drops out. */
function* windows(ids: Int32Array, span: number): Generator<number[], never> {
  let index = 0;
  const append = (deque: number[]) => {
    deque.push(ids[index]!);
    if (deque.length > span) deque.shift();
    index = (index + 1) % ids.length;
  };
  const deque: number[] = [];
  while (deque.length < span) append(deque);
  for (;;) {
    yield [...deque];
    append(deque);
  }
}

describe('SkipGramBatches', () => {
  test('pairs each word with both of its neighbours, in either order', () => {
    const {inputs, targets} = new SkipGramBatches(places(10), {batchSize: 8}).next();
    expect([...inputs]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    const pairs = [0, 2, 4, 6].map((pair) => [...targets.subarray(pair, pair + 2)].sort((a, b) => a - b));
    expect(pairs).toEqual([
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 5],
    ]);
  });

  test('follows the windows of a deque, batch after batch and round the end', () => {
    const options = fc
      .record({skipWindow: fc.integer({min: 1, max: 4}), centres: fc.integer({min: 1, max: 9}), seed: fc.nat()})
      .chain((given) => fc.record({...constants(given), numSkips: fc.integer({min: 1, max: 2 * given.skipWindow})}));
    fc.assert(
      fc.property(options, fc.integer({min: 0, max: 20}), ({skipWindow, centres, numSkips, seed}, more) => {
        const span = 2 * skipWindow + 1;
        const ids = places(span + more);
        const batches = new SkipGramBatches(ids, {batchSize: centres * numSkips, skipWindow, numSkips, seed});
        const expected = windows(ids, span);
        for (let round = 0; round < 6; round++) {
          const {inputs, targets} = batches.next();
          for (let pair = 0; pair < inputs.length; pair += numSkips) {
            const window = expected.next().value;
            const [centre] = window.splice(skipWindow, 1);
            expect([...inputs.subarray(pair, pair + numSkips)]).toEqual(new Array(numSkips).fill(centre));
            const drawn = [...targets.subarray(pair, pair + numSkips)];
            expect(new Set(drawn).size).toBe(numSkips); // places are ids here, so no place was drawn twice
            expect(window).toEqual(expect.arrayContaining(drawn));
          }
        }
      }),
      {seed: 20261123, numRuns: 300},
    );
  });

  test('draws every ordered choice equally often', () => {
    const ids = places(5); // one window of skipWindow 2 about place 2: others 0, 1, 3, 4
    const counts = new Map<string, number>();
    const batches = new SkipGramBatches(ids, {batchSize: 3 * 5 * 4000, skipWindow: 2, numSkips: 3, seed: 9});
    const {inputs, targets} = batches.next();
    for (let pair = 0; pair < inputs.length; pair += 3) {
      if (inputs[pair] !== 2) continue;
      const drawn = String(targets.subarray(pair, pair + 3));
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 4000 draws of 24: 167 each, of deviation 12.6; five of those are not seen by chance.
    for (const count of counts.values()) expect(Math.abs(count - 4000 / 24)).toBeLessThan(63);
  });

  test('gives the same batches for a seed, and others for another', () => {
    const first = (seed?: number) =>
      new SkipGramBatches(places(100), {batchSize: 32, skipWindow: 4, numSkips: 2, seed}).next();
    expect(first(3)).toEqual(first(3));
    expect(first()).toEqual(first(0));
    expect(first(3).targets).not.toEqual(first(4).targets);
  });

  test('goes on from a state to the same batches, whatever the seed', () => {
    const options = {batchSize: 12, skipWindow: 3, numSkips: 4};
    const batches = new SkipGramBatches(places(50), {...options, seed: 1});
    for (let count = 0; count < 40; count++) batches.next();
    const resumed = new SkipGramBatches(places(50), {...options, seed: 2});
    resumed.restore(JSON.parse(JSON.stringify(batches.state())));
    for (let count = 0; count < 5; count++) expect(resumed.next()).toEqual(batches.next());
  });

  test('refuses the state of another text or shape, and a damaged one, and stays where it is', () => {
    const batches = new SkipGramBatches(places(50));
    const state = batches.state();
    expect(() => batches.restore({...state, length: 51})).toThrow('length 51, these have 50');
    expect(() => batches.restore({...state, numSkips: 1})).toThrow('numSkips 1, these have 2');
    expect(() => batches.restore({...state, position: 50})).toThrow('position is 50');
    expect(() => batches.restore({...state, position: 3, random: [1, 2]})).toThrow('random is [1,2]');
    expect(batches.state()).toEqual(state);
  });

  test('reads an encoded corpus', () => {
    const corpus = encodeWords('the quick brown fox jumps', {minimumCount: 1});
    expect(new SkipGramBatches(corpus).next()).toEqual(new SkipGramBatches(corpus.ids).next());
  });

  test('can be iterated over', () => {
    const taken: number[] = [];
    for (const {inputs} of new SkipGramBatches(places(9), {batchSize: 2})) {
      taken.push(inputs[0]!);
      if (taken.length === 10) break;
    }
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 1]);
  });

  test('refuses sizes that do not go together, and a text shorter than a window', () => {
    const make =
      (options: object, length = 50) =>
      () =>
        new SkipGramBatches(places(length), options);
    expect(make({numSkips: 3})).toThrow('numSkips is 3, expected at most 2 * skipWindow, 2');
    expect(make({batchSize: 127})).toThrow('batchSize is 127, expected a multiple of numSkips, 2');
    expect(make({skipWindow: 2}, 4)).toThrow('4 words, expected at least the 5 of a window');
    expect(make({batchSize: 0})).toThrow('batchSize is 0');
    expect(make({skipWindow: 0.5})).toThrow('skipWindow is 0.5');
    expect(make({numSkips: -1})).toThrow('numSkips is -1');
    expect(make({seed: 0.5})).toThrow('seed is 0.5');
    expect(make({skipWindow: 2}, 5)).not.toThrow();
  });
});

/** Each value as an arbitrary of nothing else. */
function constants<Values extends object>(values: Values) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [Key in keyof Values]: fc.Arbitrary<Values[Key]>;
  };
}
