import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {WordVectorsError} from '../errors/word-vectors-error';
import fixture from './fixtures/queries.json';
import {largest} from './largest';
import {type Neighbour, WordVectors} from './word-vectors';

const vectors = new WordVectors(fixture.words, Float32Array.from(fixture.values), 6);

function expectNeighbours(received: Neighbour[], expected: (string | number)[][]): void {
  expect(received.map(({word}) => word)).toEqual(expected.map(([word]) => word));
  received.forEach(({score}, index) => {
    expect(score).toBeCloseTo(expected[index]![1] as number, 5);
  });
}

describe(`queries answer as ${fixture.source} does`, () => {
  test('mostSimilar to one word, to several, among the most frequent', () => {
    expectNeighbours(vectors.mostSimilar('word3', {count: 4}), fixture.mostSimilar);
    const query = {positive: ['word0', 'word1'], negative: ['word2']};
    expectNeighbours(vectors.mostSimilar(query, {count: 4}), fixture.signed);
    expectNeighbours(vectors.mostSimilar('word0', {count: 3, restrictTo: 8}), fixture.restricted);
  });

  test('analogy by sums and by products', () => {
    expectNeighbours(vectors.analogy('word2', 'word0', 'word1', {count: 4}), fixture.signed);
    expectNeighbours(vectors.analogy('word4', 'word5', 'word6', {count: 4, method: 'multiply'}), fixture.multiply);
  });

  test('doesntMatch, rank and similarity', () => {
    expect(vectors.doesntMatch(fixture.words.slice(0, 7))).toBe(fixture.doesntMatch);
    expect(fixture.words.slice(1).map((word) => vectors.rank('word0', word))).toEqual(fixture.rank);
    expect(vectors.similarity('word0', 'word9')).toBeCloseTo(fixture.similarity, 6);
  });
});

test('vectors are copies, and normalised ones have length 1 but for zeros', () => {
  const own = new WordVectors(['a', 'b'], Float32Array.of(3, 4, 0, 0), 2);
  own.vector('a')[0] = 9;
  expect([...own.vector('a')]).toEqual([3, 4]);
  expect([...own.normalised().values]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  expect([...own.values]).toEqual([3, 4, 0, 0]);
  expect(own.similarity('a', 'b')).toBe(0);
});

test('the words of a query are never its answer, and there are no more answers than words', () => {
  expect(vectors.mostSimilar('word0', {count: 100})).toHaveLength(19);
  expect(vectors.mostSimilar('word19', {count: 100, restrictTo: 3})).toHaveLength(3);
});

describe.each(backendsUnderTest)('mostSimilarMany on %s', (backend) => {
  const many = new WordVectors(
    Array.from({length: 300}, (_, index) => `w${index}`),
    seededValues(300 * 8, 1),
    8,
  );
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const tolerance = backend === 'webgl' ? 1e-3 : 1e-5;
  test(`answers as mostSimilar does one by one, scores within ${tolerance}, and leaves nothing behind`, async () => {
    const queries = [
      'w7',
      {positive: ['w0', 'w1'], negative: ['w2', 'w299']},
      {negative: ['w5']},
      {positive: ['w9', 'w9']},
    ];
    for (const options of [{}, {count: 3, restrictTo: 100}, {count: 500}, {count: 1, restrictTo: 1}]) {
      let found: Neighbour[][] = [];
      await expectNoLeak(async () => {
        found = await many.mostSimilarMany(queries, options);
      });
      const expected = queries.map((query) => many.mostSimilar(query, options));
      expect(found.map((each) => each.map(({word}) => word))).toEqual(
        expected.map((each) => each.map(({word}) => word)),
      );
      const [scores, right] = [found, expected].map((each) => each.flat().map(({score}) => score));
      expectClose(scores!, right!, {relative: tolerance, absolute: tolerance});
    }
    expect(await many.mostSimilarMany([])).toEqual([]);
  });

  test('an unknown word is an error, and nothing stays on the backend', async () => {
    await expectNoLeak(async () => {
      await expect(many.mostSimilarMany(['w1', 'nowhere'])).rejects.toThrow('"nowhere" is not among the 300 words');
    });
  });
});

test('largest is what sorting gives, for any values and count', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -5, max: 5})), fc.nat(12), (values, count) => {
      const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]! || a - b);
      expect(largest(Float32Array.from(values), count)).toEqual(order.slice(0, count));
    }),
  );
});

test.each([
  [() => vectors.vector('King'), '"King" is not among the 20 words'],
  [() => vectors.vector('WORD3'), '"word3" is.'],
  [() => vectors.mostSimilar({}), 'No words were given'],
  [() => vectors.mostSimilar('word1', {restrictTo: 0}), 'restrictTo is 0'],
  [() => new WordVectors(['a'], new Float32Array(3), 2), '1 words of 2 numbers need 2 values, not 3'],
  [() => new WordVectors(['a'], new Float32Array(0), 0), 'The dimension is 0'],
  [() => new WordVectors(['a', 'b', 'a'], new Float32Array(3), 1), 'The word "a" comes twice'],
  [() => new WordVectors(['a', 'b'], Float32Array.of(1, 2, 3, Number.NaN), 2), 'The vector of "b" holds NaN'],
])('%s is an error that says so', (query, message) => {
  expect(query).toThrow(WordVectorsError);
  expect(query).toThrow(message);
});
