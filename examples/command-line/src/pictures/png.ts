import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';

const require = createRequire(import.meta.url);

/** Fonts of our own, since a bare machine has none and text without a font is not drawn. */
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
);

/** White around pictures, in pixels. */
const margin = 16;

/** A picture as the text of an SVG element, and its size in pixels. */
export interface Picture {
  svg: string;
  width: number;
  height: number;
}

/** Pictures side by side, as one. */
export function sideBySide(pictures: readonly Picture[]): Picture {
  let left = margin;
  const placed = pictures.map(({svg, width}) => {
    const group = `<g transform="translate(${left} ${margin})">${svg}</g>`;
    left += width + margin;
    return group;
  });
  const height = Math.max(...pictures.map((picture) => picture.height)) + 2 * margin;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${left}" height="${height}" font-family="DejaVu Sans, sans-serif">
    ${placed.join('\n    ')}</svg>`;
  return {svg, width: left, height};
}

/** A picture as PNG on white, at twice its size. */
export function pngOf({svg}: Picture): Uint8Array {
  const picture = new Resvg(svg, {
    background: '#ffffff',
    fitTo: {mode: 'zoom', value: 2},
    font: {fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans'},
  });
  return picture.render().asPng();
}
