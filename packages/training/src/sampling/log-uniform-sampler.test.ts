import {expectClose} from '@gatefold/test-kit';
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import {describe, expect, test} from 'vitest';
import fixture from './fixtures/log-uniform.json';
import {logExpectedCounts, sampleLogUniform} from './log-uniform-sampler';

describe('log-uniform samples', () => {
  test.each(fixture.cases)(
    `of $size words: expected counts within 1e-5 of ${fixture.source}`,
    ({size, count, draws, ids, expectedCounts}) => {
      const found = logExpectedCounts(Int32Array.from(ids), size, {count, draws}).map(Math.exp);
      expectClose(found, expectedCounts, {relative: 1e-5});
    },
  );

  test('are distinct, in range, and the same for a seed', () => {
    const {ids, draws} = sampleLogUniform(50, 49, xoroshiro128plus(3));
    expect(new Set(ids).size).toBe(49);
    expect(Math.min(...ids)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ids)).toBeLessThan(50);
    expect(draws).toBeGreaterThanOrEqual(49);
    expect(sampleLogUniform(50, 49, xoroshiro128plus(3)).ids).toEqual(ids);
    expect(sampleLogUniform(50, 10, xoroshiro128plus(4)).ids).not.toEqual(ids.slice(0, 10));
  });

  test('refuses more samples than there are words, which would never be found', () => {
    expect(() => sampleLogUniform(4, 5, xoroshiro128plus(3))).toThrow('5 distinct samples of 4 words');
    expect(() => sampleLogUniform(4, 0.5, xoroshiro128plus(3))).toThrow(RangeError);
  });

  test('the first of each is log-uniform', () => {
    const random = xoroshiro128plus(1);
    const found = new Array<number>(10).fill(0);
    for (let round = 0; round < 20_000; round++) found[sampleLogUniform(10, 1, random).ids[0]!]! += 1;
    found.forEach((count, id) => {
      const expected = (20_000 * Math.log((id + 2) / (id + 1))) / Math.log(11);
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
    });
  });
});
