import {describe, expect, it} from 'vitest';
import {Pace, progressLine} from './progress';

const moment = {step: 1234, steps: 7001, loss: 1.5, charactersASecond: 182_345, secondsLeft: 31};

describe('progressLine', () => {
  it('says all there is to say in 79 columns', () => {
    expect(progressLine(moment, 79)).toBe(
      'step 1,234/7,001  loss 1.500  perplexity 4.48  182k characters/s  31 s left',
    );
  });

  it('leaves out what matters least where the terminal is narrow', () => {
    expect(progressLine(moment, 60)).toBe('step 1,234/7,001  loss 1.500  perplexity 4.48  31 s left');
    expect(progressLine(moment, 30)).toBe('step 1,234/7,001  loss 1.500');
    expect(progressLine(moment, 5)).toBe('step 1,234/7,001');
  });
});

describe('Pace', () => {
  it('counts the steps of this sitting only', () => {
    let now = 5000;
    const pace = new Pace({steps: 1000, firstStep: 400, charactersAStep: 640, now: () => now});
    now += 2000;
    expect(pace.seconds).toBe(2);
    expect(pace.at(500)).toEqual({step: 500, steps: 1000, charactersASecond: 32_000, secondsLeft: 10});
  });

  it('promises nothing before the first step', () => {
    const pace = new Pace({steps: 10, firstStep: 0, charactersAStep: 640, now: () => 0});
    expect(pace.at(0)).toEqual({step: 0, steps: 10, charactersASecond: 0, secondsLeft: 0});
  });
});
