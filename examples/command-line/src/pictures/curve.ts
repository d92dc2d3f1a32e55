import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

/** A line of a picture, with its name in its colour. */
export interface Series {
  name: string;
  /** Of CSS; in a page it can be a variable, which follows its light or dark scheme. */
  colour: string;
  points: {step: number; value: number}[];
}

/** Of one picture, in pixels. */
export const curveSize = {width: 560, height: 340} as const;

export interface CurveOptions {
  /** What is measured. */
  label: string;
  scale: 'linear' | 'log';
  /** The colour of text, axes and grid. */
  ink: string;
  series: Series[];
  /** Where the names of the series stand, at the right: where the curves do not end. Default `'top'`. */
  names?: 'top' | 'bottom';
}

/** Curves by training step, as the text of an SVG element. */
export function curve({label, scale, ink, series, names = 'top'}: CurveOptions): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const steps = series.flatMap(({points}) => points.map(({step}) => step));
  const values = series.flatMap(({points}) => points.map(({value}) => value));
  const svg = Plot.plot({
    document,
    ...curveSize,
    marginTop: 38,
    marginLeft: 46,
    marginBottom: 40,
    marginRight: 28,
    ariaLabel: `Curve of the ${label}, by training step`,
    style: {color: ink, fontSize: '13px', fontFamily: 'inherit', background: 'none'},
    x: {label: 'step', domain: [0, Math.max(1, ...steps)], ticks: 6, tickSize: 0},
    y: {
      label,
      type: scale,
      domain: domainOf(values, scale),
      grid: true,
      tickSize: 0,
      ticks: 6,
      ...(scale === 'log' && ticksOf(values)),
    },
    marks: [
      ...series.flatMap(({name, colour, points}, index) => [
        Plot.lineY(points, {x: 'step', y: 'value', stroke: colour, strokeWidth: 2, strokeLinejoin: 'round'}),
        // One point makes no line; and each point says its number when pointed at.
        Plot.dot(points, {
          x: 'step',
          y: 'value',
          r: points.length === 1 ? 4 : 5,
          fill: colour,
          fillOpacity: points.length === 1 ? 1 : 0,
          pointerEvents: 'all',
          title: ({step, value}: {step: number; value: number}) =>
            `${name}, step ${step.toLocaleString('en-US')}: ${value.toFixed(3)}`,
        }),
        Plot.text([`● ${name}`], {
          frameAnchor: `${names}-right`,
          fill: colour,
          fontWeight: 'bold',
          dx: -4,
          dy: names === 'top' ? 6 + 20 * index : 20 * (index + 1 - series.length) - 8,
        }),
      ]),
      ...(values.length === 0 ? [Plot.text(['no reports yet'], {frameAnchor: 'middle', fill: ink})] : []),
    ],
  });
  svg.setAttribute('role', 'img');
  return svg.outerHTML;
}

/** Room for all values, and for something where there are none. */
function domainOf(values: number[], scale: 'linear' | 'log'): [number, number] {
  if (values.length === 0) return [1, 30];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (scale === 'log') return [least / 1.08, most * 1.08];
  const room = 0.06 * (most - least || 1);
  return [Math.max(0, least - room), most + room];
}

/** The round numbers within a logarithmic scale; Plot's own are only powers of ten where the scale is this short. */
function ticksOf(values: number[]): {ticks: number[]; tickFormat: (value: number) => string} {
  const [least, most] = domainOf(values, 'log');
  const round = [1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 10_000, 100_000];
  return {
    ticks: round.filter((value) => value >= least && value <= most),
    tickFormat: (value) => value.toLocaleString('en-US'),
  };
}
