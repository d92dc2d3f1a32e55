import type {Side} from './workload';

export interface Timing {
  /** Milliseconds, the median of all runs. */
  median: number;
  /** The range from the fastest to the slowest quarter, in milliseconds. */
  quartiles: [number, number];
  runs: number;
}

interface Budget {
  /** Milliseconds of measured time for both sides together. */
  milliseconds: number;
  minimumRuns: number;
}

/**
 * Times two sides in turn, ours, stock, ours, stock, so that a machine whose speed drifts treats both alike. The warm-up
 * lasts until the optimising compiler has seen each side some times.
 */
export async function measureInTurn(
  ours: Side,
  stock: Side,
  {milliseconds, minimumRuns}: Budget,
): Promise<{ours: Timing; stock: Timing}> {
  const warmUp = performance.now();
  for (let run = 0; run < 30 && (run < 2 || performance.now() - warmUp < milliseconds / 6); run++) {
    await ours();
    await stock();
  }
  const times: {ours: number[]; stock: number[]} = {ours: [], stock: []};
  const start = performance.now();
  for (let run = 0; run < minimumRuns || performance.now() - start < milliseconds; run++) {
    times.ours.push(await time(ours));
    times.stock.push(await time(stock));
  }
  return {ours: summarise(times.ours), stock: summarise(times.stock)};
}

async function time(side: Side): Promise<number> {
  const start = performance.now();
  await side();
  return performance.now() - start;
}

function summarise(times: number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {median: at(0.5), quartiles: [at(0.25), at(0.75)], runs: sorted.length};
}
