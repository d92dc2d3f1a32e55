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
  /** Where the work is counted in something: `{characters: 42000}`. */
  oursPerSecond?: Record<string, number>;
  /** Where ours is the reference at this size, because no kernel does better. */
  fallsBack?: boolean;
  /** Of the process, where memory is part of what is measured. */
  peakMegabytes?: number;
}

export function makeRow(
  workload: string,
  backend: string,
  {ours, stock}: {ours: Timing; stock: Timing},
  {amount, stockShare = 1, peakMegabytes, repeats = 1}: Contest,
): Row {
  const oursOnce = (time: number) => time / repeats;
  const stockOnce = (time: number) => time / repeats / stockShare;
  const [oursMs, stockMs] = [oursOnce(ours.median), stockOnce(stock.median)];
  return {
    workload,
    backend,
    oursMs,
    stockMs,
    ratio: stockMs / oursMs,
    n: ours.runs,
    spread: {
      ours: ours.quartiles.map(oursOnce) as [number, number],
      stock: stock.quartiles.map(stockOnce) as [number, number],
    },
    ...(amount && {oursPerSecond: mapValues(amount, (count) => (1000 * count) / oursMs)}),
    ...(peakMegabytes && {peakMegabytes}),
  };
}

const mapValues = (values: Record<string, number>, map: (value: number) => number) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

const rate = ([name, count]: [string, number]) => `${Math.round(count).toLocaleString('en')} ${name}`;

/** Three digits that count, and of large numbers no fraction. */
const digits = (milliseconds: number) => (milliseconds < 100 ? milliseconds.toPrecision(3) : milliseconds.toFixed(0));

const columns: [string, number, (row: Row) => string][] = [
  ['workload', -48, ({workload}) => workload],
  ['backend', -16, ({backend}) => backend],
  ['ours ms', 10, ({oursMs}) => digits(oursMs)],
  ['stock ms', 11, ({stockMs}) => digits(stockMs)],
  ['ratio', 10, ({ratio}) => `${ratio.toFixed(ratio < 10 ? 2 : ratio < 1000 ? 1 : 0)}x`],
  ['n', 6, ({n}) => String(n)],
  ['middle half of ours', 22, ({spread}) => spread.ours.map(digits).join(' - ')],
  ['ours a second', 24, ({oursPerSecond = {}}) => Object.entries(oursPerSecond).map(rate).join(', ')],
  ['peak MB', 10, ({peakMegabytes}) => peakMegabytes?.toFixed(0) ?? ''],
  ['', 16, ({fallsBack}) => (fallsBack ? 'the reference' : '')],
];

/** Left-aligned where the width is negative. */
export const cell = (text: string, width: number) => (width < 0 ? text.padEnd(-width) : text.padStart(width));

export const tableHead = columns.map(([name, width]) => cell(name, width)).join('');

export function tableLine(row: Row): string {
  return columns
    .map(([, width, show]) => cell(show(row), width))
    .join('')
    .trimEnd();
}
