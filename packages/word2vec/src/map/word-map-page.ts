import type {MapPoint} from './word-map';
import {type WordMapSvgOptions, withoutMarkup, wordMapSVG} from './word-map-svg';

export interface WordMapPageOptions extends WordMapSvgOptions {
  /** Of the page, "Map of the words" unless told. */
  title?: string;
}

/** Runs in the page: what is seen is the picture's view box, which every gesture changes. */
const zooming = `
const map = document.querySelector('svg');
const whole = map.viewBox.baseVal;
const [width, height] = [whole.width, whole.height];
let view = {x: 0, y: 0, scale: 1};
const pointers = new Map();
map.removeAttribute('width');
map.removeAttribute('height');

function show(next) {
  const scale = Math.min(20, Math.max(1, next.scale));
  const within = (value, most) => Math.min(most - most / scale, Math.max(0, value));
  view = {x: within(next.x, width), y: within(next.y, height), scale};
  map.setAttribute('viewBox', [view.x, view.y, width / scale, height / scale].join(' '));
}
// What lies under the pointer stays there.
function zoom(factor, clientX, clientY) {
  const at = new DOMPoint(clientX, clientY).matrixTransform(map.getScreenCTM().inverse());
  const scale = Math.min(20, Math.max(1, view.scale * factor));
  const shrunk = view.scale / scale;
  show({x: at.x - (at.x - view.x) * shrunk, y: at.y - (at.y - view.y) * shrunk, scale});
}
map.addEventListener('wheel', (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), event.clientX, event.clientY);
}, {passive: false});
map.addEventListener('pointerdown', (event) => {
  map.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
});
map.addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  pointers.set(event.pointerId, event);
  const pixel = 1 / map.getScreenCTM().a;
  const share = other ? 0.5 : 1;
  show({...view, x: view.x - (event.clientX - before.clientX) * pixel * share, y: view.y - (event.clientY - before.clientY) * pixel * share});
  if (!other) return;
  const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
  zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
});
for (const end of ['pointerup', 'pointercancel']) map.addEventListener(end, (event) => pointers.delete(event.pointerId));
addEventListener('keydown', (event) => {
  const factor = {'+': 1.4, '=': 1.4, '-': 1 / 1.4}[event.key];
  const [right, down] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key] ?? [0, 0];
  if (event.ctrlKey || event.metaKey) return;
  if (factor) zoom(factor, innerWidth / 2, innerHeight / 2);
  else if (event.key === '0') show({x: 0, y: 0, scale: 1});
  else show({...view, x: view.x + (right * width) / view.scale / 10, y: view.y + (down * height) / view.scale / 10});
});
`;

/**
 * The map as a page that needs nothing else: the wheel, two fingers or + and - zoom, dragging or the arrows move, 0 shows
 * the whole.
 */
export function wordMapPage(
  points: readonly MapPoint[],
  {title = 'Map of the words', ...options}: WordMapPageOptions = {},
): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${withoutMarkup(title)}</title>
<style>
html, body { margin: 0; height: 100%; background: #fff; overflow: hidden }
svg { display: block; width: 100%; height: 100%; cursor: grab; touch-action: none; user-select: none }
svg:active { cursor: grabbing }
</style>
${wordMapSVG(points, options)}<script>${zooming}</script>
</html>
`;
}
