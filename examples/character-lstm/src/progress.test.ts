import {Screen} from '@gatefold/example-command-line';
import {describe, expect, it} from 'vitest';
import {printPoint, printSamples} from './progress';

const moment = {step: 1234, steps: 7001, loss: 1.5, charactersASecond: 182_345, secondsLeft: 31};
const point = {step: 1200, loss: 1.612, perplexity: 5.014, validationPerplexity: 4.926, learningRate: 10 * 0.1};

function screenOf(isTTY: boolean): {screen: Screen; written: () => string} {
  let text = '';
  return {screen: new Screen({isTTY, write: (more) => (text += more)}, {NO_COLOR: '1'}), written: () => text};
}

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
