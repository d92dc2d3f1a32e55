import type {Timing} from './measure';
import type {Contest} from './workload';

/** One line of the table, or one line of JSON. */
export interface Row {
  workload: string;
  backend: string;
  /** Milliseconds for one unit of work, the medians. */
  oursMs: number;
  stockMs: number;
  /** How many times as fast ours is. */
  ratio: number;
  /** How many runs the medians are of. */
  n: number;
  /** The quartiles of both sides, in milliseconds. */
  spread: {ours: [number, number]; stock: [number, number]};
  /** Characters a second, where the work is counted in them. */
  oursPerSecond?: number;
  /** Of the process, where memory is part of what is measured. */
  peakMegabytes?: number;
  versions: Record<string, string>;
}

export function makeRow(
  workload: string,
  backend: string,
  {ours, stock}: {ours: Timing; stock: Timing},
  {symbols, stockShare = 1, peakMegabytes}: Contest,
  versions: Record<string, string>,
): Row {
  const stockMs = stock.median / stockShare;
  return {
    workload,
    backend,
    oursMs: ours.median,
    stockMs,
    ratio: stockMs / ours.median,
    n: ours.runs,
    spread: {ours: ours.quartiles, stock: [stock.quartiles[0] / stockShare, stock.quartiles[1] / stockShare]},
    ...(symbols && {oursPerSecond: (1000 * symbols) / ours.median}),
    ...(peakMegabytes && {peakMegabytes}),
    versions,
  };
}

const columns: [string, number, (row: Row) => string][] = [
  ['workload', -20, ({workload}) => workload],
  ['backend', -16, ({backend}) => backend],
  ['ours ms', 10, ({oursMs}) => oursMs.toFixed(2)],
  ['stock ms', 11, ({stockMs}) => stockMs.toFixed(1)],
  ['ratio', 8, ({ratio}) => `${ratio.toFixed(1)}x`],
  ['n', 6, ({n}) => String(n)],
  ['middle half of ours', 22, ({spread}) => spread.ours.map((each) => each.toFixed(2)).join(' - ')],
  ['characters/s', 14, ({oursPerSecond}) => (oursPerSecond ? Math.round(oursPerSecond).toLocaleString('en') : '')],
  ['peak MB', 10, ({peakMegabytes}) => peakMegabytes?.toFixed(0) ?? ''],
];

const cell = (text: string, width: number) => (width < 0 ? text.padEnd(-width) : text.padStart(width));

export const tableHead = columns.map(([name, width]) => cell(name, width)).join('');

export function tableLine(row: Row): string {
  return columns
    .map(([, width, show]) => cell(show(row), width))
    .join('')
    .trimEnd();
}
