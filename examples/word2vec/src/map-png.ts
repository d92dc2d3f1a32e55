import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';

/** A font of our own, since a bare machine has none and text without a font is not drawn. */
const fontFiles = [createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')];

export function mapPNG(svg: string): Uint8Array {
  const picture = new Resvg(svg, {font: {fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans'}});
  return picture.render().asPng();
}
