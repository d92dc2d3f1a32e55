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
  /** Where one side is so many times as fast as the other in the warm-up already, one turn says enough. */
  clearRatio?: number;
}

/** How often the faster side runs at most for each run of the slower. */
const mostRuns = 20;

/**
 * Times two sides in turn, ours, stock, ours, stock, so that a machine whose speed drifts treats both alike. Where ours is
 * faster it runs, in its turn, about as long as stock does, or it would only ever be timed on caches that the other side
 * has just emptied. The warm-up lasts until the optimising compiler has seen each side some times.
 */
export async function measureInTurn(
  ours: Side,
  stock: Side,
  {milliseconds, minimumRuns, clearRatio = Number.POSITIVE_INFINITY}: Budget,
): Promise<{ours: Timing; stock: Timing}> {
  const most = Number.isFinite(clearRatio) ? milliseconds : Number.POSITIVE_INFINITY;
  const [each, other] = [await warmUp(ours, milliseconds / 12, most), await warmUp(stock, milliseconds / 12, most)];
  const isClear = Math.max(each / other, other / each) > clearRatio;
  const runs = Math.min(mostRuns, Math.max(1, Math.round(other / each)));
  const times: {ours: number[]; stock: number[]} = {ours: [], stock: []};
  const start = performance.now();
  const goesOn = (turn: number) => turn < minimumRuns || performance.now() - start < milliseconds;
  for (let turn = 0; turn === 0 || (!isClear && goesOn(turn)); turn++) {
    for (let run = 0; run < runs; run++) times.ours.push(await time(ours));
    times.stock.push(await time(stock));
  }
  return {ours: summarise(times.ours), stock: summarise(times.stock)};
}

/**
 * Runs a side some times, at least twice where once did not take `most` already, and says how long the fastest took: one that was
 * held up says little about the side.
 */
async function warmUp(side: Side, milliseconds: number, most: number): Promise<number> {
  const start = performance.now();
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 30 && performance.now() - start < (run < 2 ? most : milliseconds); run++) {
    fastest = Math.min(fastest, await time(side));
  }
  return fastest;
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
