import type {Options} from '../options';

/** A workload that stock TensorFlow.js has nothing to set beside: ours alone, or in turn with a peer. */
export interface Race {
  name: string;
  /** What is done. */
  description: string;
  run(options: Options): AsyncIterable<RaceRow>;
}

/** One figure of a race: rates, where more is better, or seconds. */
export interface RaceRow {
  workload: string;
  threads: number;
  unit: 'words/s' | 's';
  /** The medians. */
  ours: number;
  peer?: string;
  theirs?: number;
  /** How many times as fast ours is. */
  ratio?: number;
  /** How many runs the medians are of. */
  n: number;
  /** The range from the slowest to the fastest run. */
  spread: {ours: [number, number]; theirs?: [number, number]};
}

export function raceLine({workload, threads, unit, ours, peer, theirs, ratio, n, spread}: RaceRow): string {
  const number = (value: number) => (unit === 's' ? value.toFixed(2) : Math.round(value).toLocaleString('en'));
  const range = spread.ours.map(number).join(' - ');
  const against = peer ? `${peer} ${number(theirs!)} ${unit}; ${ratio!.toFixed(1)}x` : '';
  const name = `${workload}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${name.padEnd(24)}${`${number(ours)} ${unit}`.padStart(18)}   ${`n ${n}, ${range}`.padEnd(36)}${against}`.trimEnd();
}
