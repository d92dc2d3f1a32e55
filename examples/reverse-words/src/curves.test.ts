import {describe, expect, it} from 'vitest';
import {curvesPicture} from './curves';

describe('curvesPicture', () => {
  it('draws every point', () => {
    const point = {loss: 1, learningRate: 1, validationPerplexity: 2, made: ''};
    const {svg} = curvesPicture([0, 100, 200].map((step) => ({...point, step, wordsRight: step / 200})));
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(svg).toContain('<title>validation, step 200: 100.000</title>');
  });

  it('can be drawn before the first report', () => {
    expect(curvesPicture([]).svg.match(/no reports yet/g)).toHaveLength(3);
  });
});
