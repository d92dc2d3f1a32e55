import {WordVectorsError} from '../errors/word-vectors-error';
import type {MapPoint} from './word-map';
import {type WordMapSvgOptions, wordMapSVG} from './word-map-svg';

/**
 * The map as a PNG image, in Node. Draws with two packages that are installed for it, and only then:
 * `npm install @resvg/resvg-js dejavu-fonts-ttf`.
 *
 * @throws WordVectorsError where one of them is missing.
 * @example await writeFile('words.png', await wordMapPNG(wordMap(vectors)));
 */
export async function wordMapPNG(points: readonly MapPoint[], options: WordMapSvgOptions = {}): Promise<Uint8Array> {
  try {
    const {createRequire} = await import('node:module');
    const {Resvg} = await import('@resvg/resvg-js');
    // A font of our own, since a bare machine has none and text without a font is not drawn.
    const fontFiles = [createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')];
    const font = {fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans'};
    return new Resvg(wordMapSVG(points, options), {font}).render().asPng();
  } catch (error) {
    throw new WordVectorsError(
      `No PNG can be drawn: ${(error as Error).message}. Run "npm install @resvg/resvg-js dejavu-fonts-ttf", in Node.`,
      {cause: error},
    );
  }
}
