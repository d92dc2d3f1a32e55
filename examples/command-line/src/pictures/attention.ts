import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import type {Picture} from './png';

/** What a model took of each character of a text to write each of its own. */
export interface Attention {
  source: string;
  made: string;
  /** For each character made a row, which adds up to 1 over those of the source. */
  weights: readonly ArrayLike<number>[];
}

/** Of a cell, in pixels. */
const cell = 22;
const margins = {marginTop: 64, marginLeft: 64, marginRight: 20, marginBottom: 16};

/** Attention as a grid: the source from left to right, what was made of it from top to bottom, dark where it was read. */
export function attentionPicture({source, made, weights}: Attention): Picture {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const [columns, rows] = [[...source], [...made]];
  const cells = rows.flatMap((_, row) => columns.map((_, column) => ({row, column, weight: weights[row]![column]!})));
  const width = margins.marginLeft + margins.marginRight + cell * columns.length;
  const height = margins.marginTop + margins.marginBottom + cell * rows.length;
  const shown = (characters: string[]) => (index: number) => (characters[index] === ' ' ? '␣' : characters[index]!);
  const axis = {tickSize: 0, tickPadding: 6, label: null, domain: [] as number[]};
  const svg = Plot.plot({
    document,
    width,
    height,
    ...margins,
    ariaLabel: `What of "${source}" the model looked at to write "${made}"`,
    style: {color: '#1f2430', fontSize: '13px', background: 'none'},
    x: {...axis, axis: 'top', domain: columns.map((_, index) => index), tickFormat: shown(columns)},
    y: {...axis, domain: rows.map((_, index) => index), tickFormat: shown(rows)},
    color: {type: 'linear', domain: [0, 1], range: ['#f4f2ec', '#2b5fc7']},
    marks: [
      Plot.cell(cells, {
        x: 'column',
        y: 'row',
        fill: 'weight',
        inset: 0.5,
        title: ({row, column, weight}: (typeof cells)[number]) =>
          `${shown(rows)(row)} from ${shown(columns)(column)}: ${weight.toFixed(2)}`,
      }),
      Plot.text(['read →'], {frameAnchor: 'top-left', dy: -42, fontWeight: 'bold'}),
      Plot.text(['written ↓'], {
        frameAnchor: 'top-left',
        dx: -38,
        dy: 4,
        rotate: -90,
        textAnchor: 'end',
        fontWeight: 'bold',
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('font-family', 'DejaVu Sans, sans-serif');
  return {svg: svg.outerHTML, width, height};
}
