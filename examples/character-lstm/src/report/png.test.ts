import {Resvg} from '@resvg/resvg-js';
import {describe, expect, it} from 'vitest';
import {curvesPNG} from './png';

/** The colours of a picture, four bytes a pixel. */
function decode(png: Uint8Array): {width: number; height: number; pixels: Buffer} {
  const bytes = Buffer.from(png);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" height="${height}" href="data:image/png;base64,${bytes.toString('base64')}"/></svg>`;
  return {width, height, pixels: new Resvg(svg).render().pixels};
}

describe('curvesPNG', () => {
  const points = [0, 100, 200].map((step) => ({
    step,
    loss: 3 - step / 200,
    perplexity: 20 - step / 20,
    validationPerplexity: 15,
    learningRate: 10,
  }));

  it('is one picture of both curves, on white', () => {
    const {width, height, pixels} = decode(curvesPNG(points));
    expect([width, height]).toEqual([2336, 744]);
    expect([...pixels.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  });

  it('has text, also where the machine has no fonts', () => {
    const {width, pixels} = decode(curvesPNG(points));
    let dark = 0;
    for (let y = 32; y < 72; y++) {
      for (let x = 32; x < 432; x++) dark += Number(pixels[4 * (y * width + x)]! < 80); // where "loss" is written
    }
    expect(dark).toBeGreaterThan(200);
  });

  it('can be drawn before the first report', () => {
    expect(decode(curvesPNG([])).width).toBe(2336);
  });
});
