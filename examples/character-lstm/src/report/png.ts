import {curveSize, pngOf, sideBySide} from '@gatefold/example-command-line';
import type {HistoryPoint} from '../history';
import {curves} from './curves';

/** The curves of a run as one PNG, side by side, at twice their size. */
export function curvesPNG(points: readonly HistoryPoint[]): Uint8Array {
  const {loss, perplexity} = curves(points, {ink: '#1f2430', training: '#2b5fc7', validation: '#c4501b'});
  return pngOf(sideBySide([loss, perplexity].map((svg) => ({svg, ...curveSize}))));
}
