import type {Peer} from './peers';

/** One side of a comparison: does one unit of work, and resolves when its result is really there. */
export type Side = () => void | Promise<void>;

export interface Contest {
  ours: Side;
  stock: Side;
  /** Lets go of tensors. */
  dispose(): void | Promise<void>;
  /** What one unit of work comes to, where a rate says more than a time: `{characters: 200}`. */
  amount?: Record<string, number>;
  /** How often a run of either side does the unit of work, where once is too short a time to take. */
  repeats?: number;
  /** The share of the work that the stock side does, where all of it would take too long; its time is scaled up. */
  stockShare?: number;
  /** The most memory that the process held after our side ran once, before the stock side did, in MB. */
  peakMegabytes?: number;
}

export interface Workload {
  name: string;
  /** What one unit of work is. */
  description: string;
  /** The backends it runs on when none is asked for; `none` where it is not about tensors. */
  backends: string[];
  /** Whether it says nothing on any other backend. */
  nowhereElse?: boolean;
  /** Those of the same name share a process; one that has none has its own. */
  process?: string;
  /** What the other side runs on: tfjs's own kernels, as by default, ours but those of our operations, or all of ours. */
  against?: 'stock' | 'reference' | 'ours';
  /** From which ratio of the two sides on the workload says enough by a single turn. */
  clearRatio?: number;
  /** The same work in Python. */
  peers?: Peer[];
  prepare(seed: number, backend: string): Contest | Promise<Contest>;
}
