import {describe, expect, it} from 'vitest';
import {WordVectorsError} from '../errors/word-vectors-error';
import {fillUniform} from '../training/fill-uniform';
import {WordVectors} from '../word-vectors/word-vectors';
import {intersect, placeLabels} from './place-labels';
import {wordMap} from './word-map';
import {wordMapPage} from './word-map-page';
import {wordMapPNG} from './word-map-png';
import {wordMapSVG} from './word-map-svg';

/** Two topics of 30 words each: around one axis and around another. */
function twoTopics(): WordVectors {
  const values = new Float32Array(60 * 8);
  fillUniform(values, 0.2, 3);
  for (let word = 0; word < 60; word++) values[word * 8 + (word % 2)]! += 1;
  return new WordVectors(
    Array.from({length: 60}, (_, word) => `word${word}`),
    values,
    8,
  );
}

describe('wordMap', () => {
  it('is the same for a seed, within [0, 1], and keeps topics together', () => {
    const map = wordMap(twoTopics(), {seed: 5});
    expect(map).toEqual(wordMap(twoTopics(), {seed: 5}));
    expect(map.every(({x, y}) => x >= 0 && x <= 1 && y >= 0 && y <= 1)).toBe(true);
    const nearestIsOfItsTopic = map.filter((own, at) => {
      const distances = map.map((other, index) =>
        index === at ? Infinity : Math.hypot(own.x - other.x, own.y - other.y),
      );
      return distances.indexOf(Math.min(...distances)) % 2 === at % 2;
    });
    expect(nearestIsOfItsTopic.length).toBe(60);
  });

  it('needs three words', () => {
    expect(() => wordMap(twoTopics(), {count: 2})).toThrow(WordVectorsError);
    expect(wordMap(twoTopics(), {count: 3})).toHaveLength(3);
  });
});

describe('placeLabels', () => {
  it('lets no two labels intersect, nor leave the page', () => {
    const places = new Float32Array(800);
    fillUniform(places, 300, 7);
    const labels = Array.from({length: 400}, (_, at) => {
      return {x: 400 + places[at]!, y: 400 + places[400 + at]!, width: 20 + (at % 7) * 10, height: 19};
    });
    const boxes = placeLabels(labels, {width: 800, height: 800}).filter((box) => box !== undefined);
    expect(boxes.length).toBeGreaterThan(200);
    for (const [at, box] of boxes.entries()) {
      expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 800 && box.y + box.height <= 800).toBe(true);
      expect(boxes.slice(at + 1).some((other) => intersect(box, other))).toBe(false);
    }
  });
});

describe('wordMapSVG', () => {
  it('escapes words', () => {
    expect(wordMapSVG([{word: '<&\u0000>', x: 0.5, y: 0.5}])).toContain('>&lt;&amp;&gt;</text>');
  });
});

describe('wordMapPNG', () => {
  it('draws an image of the size that is asked for, with words on it', async () => {
    const png = await wordMapPNG([{word: 'word', x: 0.5, y: 0.5}], {width: 300, height: 200});
    expect(new TextDecoder('latin1').decode(png.subarray(1, 4))).toBe('PNG');
    const view = new DataView(png.buffer, png.byteOffset);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([300, 200]);
    const without = await wordMapPNG([{word: ' ', x: 0.5, y: 0.5}], {width: 300, height: 200});
    expect(png.length).toBeGreaterThan(without.length + 100);
  });
});

describe('wordMapPage', () => {
  it('needs no other file, and lets no word become markup', () => {
    const page = wordMapPage([{word: '</svg><script>', x: 0.5, y: 0.5}], {title: '<b>'});
    expect(page).toContain('<title>&lt;b&gt;</title>');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/(src|href)=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/g)).toBeNull();
    expect(() => new Function(/<script>([\s\S]*)<\/script>/.exec(page)![1]!)).not.toThrow();
  });
});
