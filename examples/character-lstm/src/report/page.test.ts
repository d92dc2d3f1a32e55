import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import type {Result} from '../result';
import {reportPage} from './page';

const result: Result = {
  program: 'fused-gates',
  steps: 7001,
  seconds: 18.4,
  seed: 1,
  backend: 'wasm',
  corpus: 'Tom & <Jerry>',
  validation: {characters: 1000, perplexity: 3.4401, perplexityPerSymbol: 3.4401, bitsPerCharacter: 1.7824},
  heldOut: {characters: 500_000, perplexity: 4.5338, perplexityPerSymbol: 4.5338, bitsPerCharacter: 2.1807},
  settings: {hiddenSize: 64, learningRateEvery: 5000},
  versions: {node: '20.20.2', '@gatefold/lstm': '0.1.0'},
  history: [{step: 0, loss: 3.3, perplexity: 27, validationPerplexity: 20, learningRate: 10}],
};
const samples = [
  {step: 0, sentences: ['xq zj']},
  {step: 7000, sentences: [' of the  union', 'and']},
];

describe('reportPage', () => {
  const page = reportPage(result, samples);
  const {document} = parseHTML(page);

  it('has the figures, the curves, the samples and the settings', () => {
    const text = document.querySelector('main')?.textContent;
    for (const part of ['3.44', '1.78', '4.53', '2.18', 'last 500,000', '7,001 steps in 18 s', 'wasm', 'seed 1']) {
      expect(text).toContain(part);
    }
    for (const part of ['hidden size', 'learning rate every', '@gatefold/lstm']) expect(text).toContain(part);
    expect(document.querySelectorAll('svg')).toHaveLength(2);
    expect([...document.querySelectorAll('.samples li')].map((item) => item.textContent)).toEqual([
      ' of the  union',
      'and',
      'xq zj',
    ]);
  });

  it('needs no network and no script', () => {
    expect(page).not.toMatch(/https?:|\/\/|<script|@import|url\(/);
  });

  it('shows names as they are', () => {
    expect(page).toContain('Tom &amp; &lt;Jerry&gt;');
  });

  it('can be written with no points and no samples', () => {
    expect(reportPage({...result, history: []}, [])).toContain('no reports yet');
  });
});
