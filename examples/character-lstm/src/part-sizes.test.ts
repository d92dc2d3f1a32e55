import {describe, expect, it} from 'vitest';
import {partSizes} from './part-sizes';

const sizes = (length: number) => partSizes({name: 'novel', length});

describe('partSizes', () => {
  it('are those of the exercise where the text is long enough', () => {
    expect(sizes(100_000_000)).toEqual({validationSize: 1000, heldOutSize: 500_000});
    expect(sizes(5_000_000)).toEqual({validationSize: 1000, heldOutSize: 500_000});
  });

  it('are a tenth of a shorter text at most', () => {
    expect(sizes(60_000)).toEqual({validationSize: 1000, heldOutSize: 6000});
    expect(sizes(1234)).toEqual({validationSize: 123, heldOutSize: 123});
  });

  it('refuse a text too short to learn from', () => {
    expect(() => sizes(999)).toThrow('novel has 999 characters, expected at least 1000: choose a longer text.');
  });
});
