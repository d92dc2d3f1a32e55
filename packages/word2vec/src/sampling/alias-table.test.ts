import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type AliasTable, drawFromAliasTable, makeAliasTable} from './alias-table';

/** The share of all draws that each index gets, exactly. */
function shares({thresholds, aliases}: AliasTable): number[] {
  const found = new Array<number>(thresholds.length).fill(0);
  thresholds.forEach((threshold, index) => {
    const stays = (threshold + 1) / 2 ** 32;
    found[index]! += stays / thresholds.length;
    found[aliases[index]!]! += (1 - stays) / thresholds.length;
  });
  return found;
}

describe('alias table', () => {
  test('every weight is drawn in proportion', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), {minLength: 1, maxLength: 50}), (weights) => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        fc.pre(sum > 0);
        shares(makeAliasTable(weights)).forEach((share, index) => {
          expect(Math.abs(share - weights[index]! / sum)).toBeLessThan(1e-8);
        });
      }),
    );
  });

  test('a draw stays in its place up to the threshold, and goes to the alias above it', () => {
    const table = makeAliasTable([3, 1]);
    expect(drawFromAliasTable(table, 0, 2 ** 32 - 1)).toBe(0);
    expect(drawFromAliasTable(table, 2 ** 31, 0)).toBe(1);
    expect(drawFromAliasTable(table, 2 ** 32 - 1, 2 ** 31 + 1)).toBe(0);
  });

  test.each([
    [[], 'All 0 weights are 0'],
    [[0, 0], 'All 2 weights are 0'],
    [[1, -1], 'Weight 1 is -1'],
    [[Number.NaN], 'Weight 0 is NaN'],
  ])('%j is refused', (weights, message) => {
    expect(() => makeAliasTable(weights)).toThrow(message);
  });
});
