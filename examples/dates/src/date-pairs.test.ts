import {expect, it} from 'vitest';
import {bucket, datePairs, vocabularies} from './date-pairs';
import {formats} from './formats';
import {sample} from './train';

const pairs = datePairs();

it('has every day of a hundred years, each in one part', () => {
  const datesOf = (part: keyof typeof pairs) => new Set(pairs[part].map(({target}) => target));
  const parts = [datesOf('train'), datesOf('validation'), datesOf('heldOut')];
  expect(parts.map(({size}) => size)).toEqual([34_516, 183, 1826]);
  expect(new Set(parts.flatMap((dates) => [...dates])).size).toBe(36_525);
  expect(parts[0]!.has('2000-02-29') || parts[1]!.has('2000-02-29') || parts[2]!.has('2000-02-29')).toBe(true);
});

it('has every date in every format, and a symbol for each of their characters', () => {
  for (const part of Object.values(pairs)) expect(part.length % formats.length).toBe(0);
  expect(new Set(pairs.train.map(({source}) => source)).size).toBe(pairs.train.length);
  for (const {source, target} of [...pairs.validation, ...pairs.heldOut]) {
    expect(vocabularies.source.encode(source).length).toBeLessThanOrEqual(bucket[0]);
    expect(vocabularies.target.encode(target).length + 1).toBe(bucket[1]);
  }
});

it('holds the sample out', () => {
  expect(pairs.heldOut).toContainEqual({source: sample, target: '2019-01-29'});
});
