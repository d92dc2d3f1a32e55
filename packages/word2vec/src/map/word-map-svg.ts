import {placeLabels} from './place-labels';
import type {MapPoint} from './word-map';

export interface WordMapSvgOptions {
  /** In pixels, 1600 by 1200 unless told. */
  width?: number;
  height?: number;
  /** Pixels, 15 unless told. */
  fontSize?: number;
}

/** At least the width of a letter in DejaVu Sans, as a share of the font's size: a label's box holds its word. */
function widthOf(letter: string): number {
  return /[a-ln-vx-z\d]/.test(letter) ? 0.64 : 1;
}

/**
 * The map as an SVG image: the words where they lie, none on another. A word that is moved has a line to its point; one for
 * which there is no room is left out, its point stays. The first words of `points` are placed best.
 */
export function wordMapSVG(
  points: readonly MapPoint[],
  {width = 1600, height = 1200, fontSize = 15}: WordMapSvgOptions = {},
): string {
  const margin = fontSize * 4;
  const labels = points.map(({word, x, y}) => ({
    x: margin + x * (width - 2 * margin),
    y: margin + y * (height - 2 * margin),
    width: fontSize * Array.from(word).reduce((width, letter) => width + widthOf(letter), 0) + 2,
    height: fontSize * 1.25,
  }));
  const boxes = placeLabels(labels, {width, height});
  const drawn = labels.map(({x, y}, index) => {
    const box = boxes[index];
    const point = `<circle cx="${round(x)}" cy="${round(y)}" r="1.5" fill="#9db4c8"/>`;
    if (!box) return point;
    const [centre, middle] = [box.x + box.width / 2, box.y + box.height / 2];
    const moved = Math.hypot(centre - x, middle - y) > 1;
    const line = `<path d="M${round(x)} ${round(y)}L${round(centre)} ${round(middle)}" stroke="#dde5ec"/>`;
    const text = `<text x="${round(centre)}" y="${round(middle + fontSize * 0.35)}" fill="${colourAt(points[index]!)}">${withoutMarkup(points[index]!.word)}</text>`;
    return {under: moved ? point + line : '', text};
  });
  const under = drawn.map((mark) => (typeof mark === 'string' ? mark : mark.under)).join('');
  const over = drawn.map((mark) => (typeof mark === 'string' ? '' : mark.text)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" fill="#fff"/>
${under}
<g font-family="DejaVu Sans, sans-serif" font-size="${fontSize}" text-anchor="middle">
${over}
</g>
</svg>
`;
}

/** The direction from the middle of the map as a hue, so that regions differ; all dark enough to read on white. */
function colourAt({x, y}: MapPoint): string {
  const hue = Math.round((Math.atan2(y - 0.5, x - 0.5) / Math.PI) * 180 + 360) % 360;
  return `hsl(${hue}, 60%, 29%)`;
}

function round(value: number): string {
  return value.toFixed(1);
}

/** Characters that XML does not allow are dropped. */
export function withoutMarkup(word: string): string {
  return word
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
