import {describe, expect, it} from 'vitest';
import {brief, duration, grouped} from './figures';

describe('figures', () => {
  it('groups digits', () => {
    expect(grouped(1234567)).toBe('1,234,567');
  });

  it.each([
    [0, '0'],
    [950.4, '950'],
    [999.7, '1.00k'],
    [20_700, '20.7k'],
    [182_400, '182k'],
    [999_700, '1.00M'],
    [12_345_678, '12.3M'],
  ])('shortens %d to %s', (number, text) => {
    expect(brief(number)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [9.96, '10 s'],
    [59.6, '1 min 0 s'],
    [185, '3 min 5 s'],
    [7800, '2 h 10 min'],
  ])('says %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
