import {expect, it} from 'vitest';
import {expectKnownOptions} from './expect-known-options';

const known = {hiddenSizes: true, embeddingSize: true, seed: true} as const;

it('takes known options, whatever their values, and none', () => {
  expectKnownOptions('Mine', {hiddenSizes: undefined, seed: 0}, known);
  expectKnownOptions('Mine', {}, known);
});

it('refuses an unknown option, and says which there are', () => {
  expect(() => expectKnownOptions('Mine', {seed: 1, zoneout: 0.1}, known)).toThrow(
    new RangeError('Mine has no option "zoneout". It has hiddenSizes, embeddingSize, seed.'),
  );
  expect(() => expectKnownOptions('Mine', {toString: 1}, known)).toThrow('no option "toString". It');
});

it.each([
  ['hiddenSize', 'hiddenSizes'],
  ['hidden_sizes', 'hiddenSizes'],
  ['embeddingDim', 'embeddingSize'],
  ['Seed', 'seed'],
])('takes %s for %s', (given, meant) => {
  expect(() => expectKnownOptions('Mine', {[given]: 1}, known)).toThrow(
    `Mine has no option "${given}"; did you mean "${meant}"? It has`,
  );
});
