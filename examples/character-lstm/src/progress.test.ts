import {Screen} from '@gatefold/example-command-line';
import {describe, expect, it} from 'vitest';
import {downloadLine, Pace, printPoint, printSamples, progressLine} from './progress';

const moment = {step: 1234, steps: 7001, loss: 1.5, charactersASecond: 182_345, secondsLeft: 31};
const point = {step: 1200, loss: 1.612, perplexity: 5.014, validationPerplexity: 4.926, learningRate: 10 * 0.1};

function screenOf(isTTY: boolean): {screen: Screen; written: () => string} {
  let text = '';
  return {screen: new Screen({isTTY, write: (more) => (text += more)}, {NO_COLOR: '1'}), written: () => text};
}

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

describe('printPoint', () => {
  it('is short on a terminal, whose live line has the pace', () => {
    const {screen, written} = screenOf(true);
    printPoint(screen, point, moment);
    expect(written()).toBe('step 1,200  loss 1.612  perplexity 5.01  validation 4.93  rate 1\n');
  });

  it('has the pace too where there is no terminal', () => {
    const {screen, written} = screenOf(false);
    printPoint(screen, point, moment);
    expect(written()).toBe(
      'step 1,200  loss 1.612  perplexity 5.01  validation 4.93  rate 1  182k characters/s  31 s left\n',
    );
  });
});

it('prints sentences between empty lines, spaces and all', () => {
  const {screen, written} = screenOf(false);
  printSamples(screen, {step: 0, sentences: [' of the ', 'and']});
  expect(written()).toBe('\n of the \nand\n\n');
});

it('says how far a download is', () => {
  expect(downloadLine({received: 1_550_000, total: 31_344_016})).toBe('downloading 1.6 of 31.3 MB');
  expect(downloadLine({received: 2e6})).toBe('downloading 2.0 MB');
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
