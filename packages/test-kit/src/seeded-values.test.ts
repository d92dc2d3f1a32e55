import {describe, expect, test} from 'vitest';
import {seededIds, seededValues} from './seeded-values';

describe('seeded data', () => {
  test('the same seed gives the same values, another seed others', () => {
    expect(seededValues(50, 7)).toEqual(seededValues(50, 7));
    expect(seededValues(50, 7)).not.toEqual(seededValues(50, 8));
    expect(seededIds(50, 27, 7)).toEqual(seededIds(50, 27, 7));
    expect(seededIds(50, 27, 7)).not.toEqual(seededIds(50, 27, 8));
  });

  test('values fill [-scale, scale), ids fill [0, size)', () => {
    const values = seededValues(10_000, 1, 3);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-3);
    expect(Math.min(...values)).toBeLessThan(-2.99);
    expect(Math.max(...values)).toBeLessThan(3);
    expect(Math.max(...values)).toBeGreaterThan(2.99);
    expect(new Set(seededIds(1000, 5, 1))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});
