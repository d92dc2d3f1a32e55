import {describe, expect, it} from 'vitest';
import {curvesPicture} from './curves';

describe('curvesPicture', () => {
  const point = {loss: 1, learningRate: 1, validationPerplexity: 2, made: ''};

  it('draws what was counted and leaves out what was not', () => {
    const points = [0, 100, 200].map((step) => ({...point, step, wordsRight: step === 100 ? null : step / 200}));
    const {svg} = curvesPicture(points);
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(svg).toContain('<title>validation, step 200: 100.000</title>');
    expect(svg).not.toContain('<title>validation, step 100: 0');
  });

  it('can be drawn before the first report', () => {
    expect(curvesPicture([]).svg.match(/no reports yet/g)).toHaveLength(3);
  });
});
