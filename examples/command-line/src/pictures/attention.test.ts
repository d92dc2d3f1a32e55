import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import {attentionPicture} from './attention';
import {pngOf} from './png';

/** The size that a PNG says it has. */
function sizeOf(png: Uint8Array): [number, number] {
  const header = Buffer.from(png);
  return [header.readUInt32BE(16), header.readUInt32BE(20)];
}

describe('attentionPicture', () => {
  const picture = attentionPicture({source: 'a fox', made: 'a xo', weights: [0, 1, 4, 3].map((at) => oneHot(at, 5))});

  it('has a cell for each pair of characters, and their names', () => {
    const {document} = parseHTML(picture.svg);
    const rects = document.querySelectorAll('rect');
    expect(rects).toHaveLength(4 * 5);
    expect([...rects].filter((rect) => rect.getAttribute('fill')!.toLowerCase() === 'rgb(43, 95, 199)')).toHaveLength(
      4,
    );
    for (const part of ['␣', 'x', 'read', 'written', 'x from x: 1.00']) expect(picture.svg).toContain(part);
  });

  it('is a picture of its size, at twice that in PNG', () => {
    expect(sizeOf(pngOf(picture))).toEqual([2 * picture.width, 2 * picture.height]);
  });

  it('can be of a model that wrote nothing', () => {
    expect(attentionPicture({source: 'fox', made: '', weights: []}).svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
  });
});

function oneHot(index: number, length: number): number[] {
  return Array.from({length}, (_, at) => Number(at === index));
}
