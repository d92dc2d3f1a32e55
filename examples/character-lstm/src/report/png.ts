import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';
import type {HistoryPoint} from '../history';
import {curveSize, curves} from './curves';

const require = createRequire(import.meta.url);

/** Fonts of our own, since a bare machine has none and text without a font is not drawn. */
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
);

/** White around the pictures, in pixels. */
const margin = 16;

/** The curves of a run as one PNG, side by side, at twice their size. */
export function curvesPNG(points: readonly HistoryPoint[]): Uint8Array {
  const {loss, perplexity} = curves(points, {ink: '#1f2430', training: '#2b5fc7', validation: '#c4501b'});
  const {width, height} = curveSize;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * width + 3 * margin}" height="${height + 2 * margin}" font-family="DejaVu Sans">
    <g transform="translate(${margin} ${margin})">${loss}</g>
    <g transform="translate(${width + 2 * margin} ${margin})">${perplexity}</g></svg>`;
  const picture = new Resvg(svg, {
    background: '#ffffff',
    fitTo: {mode: 'zoom', value: 2},
    font: {fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans'},
  });
  return picture.render().asPng();
}
