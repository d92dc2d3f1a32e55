import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';

/** A font of our own, since a bare machine has none and text without a font is not drawn. */
const fontFile = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');

/** The map as a PNG, at twice its size. */
export function mapPNG(svg: string): Uint8Array {
  const picture = new Resvg(svg, {
    fitTo: {mode: 'zoom', value: 2},
    font: {fontFiles: [fontFile], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans'},
  });
  return picture.render().asPng();
}
