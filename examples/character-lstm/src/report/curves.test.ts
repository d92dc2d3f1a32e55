import {describe, expect, it} from 'vitest';
import type {HistoryPoint} from '../history';
import {curves} from './curves';

const colours = {ink: 'currentColor', training: '#2b5fc7', validation: 'var(--validation)'};

function madeUpPoints(count: number): HistoryPoint[] {
  return Array.from({length: count}, (_, index) => ({
    step: 100 * index,
    loss: 1.2 + 2 / (1 + index),
    perplexity: Math.exp(1.2 + 2 / (1 + index)),
    validationPerplexity: 4 + 16 / (1 + index),
    learningRate: 10,
  }));
}

describe('curves', () => {
  it('draw a line for each series, in its colour', () => {
    const {loss, perplexity} = curves(madeUpPoints(20), colours);
    expect(loss.match(/<path [^>]*d="M[^"]*L/g)).toBeTruthy();
    expect(loss).toContain('#2b5fc7');
    expect(perplexity).toContain('var(--validation)');
    expect(perplexity).toContain('<title>validation, step 1,900: 4.800</title>');
  });

  it('show a single point, and say where there is none', () => {
    for (const count of [0, 1]) {
      for (const svg of Object.values(curves(madeUpPoints(count), colours))) {
        expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(svg.includes('no reports yet')).toBe(count === 0);
      }
    }
    expect(curves(madeUpPoints(1), colours).loss).toContain('<circle');
  });
});
