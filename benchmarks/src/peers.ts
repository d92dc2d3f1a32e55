import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Row} from './row';

/** A Python script of `benchmarks/peers`, and the sizes it is to take. */
export interface Peer {
  script: string;
  sizes: Record<string, number>;
}

/** One line about a peer: its time, and ours on each backend as a multiple of it. */
export interface PeerRow {
  workload: string;
  peer: string;
  threads: number;
  /** Milliseconds for one unit of work, the median. */
  theirsMs: number;
  /** Ours / theirs by backend; below 1 ours is faster. */
  oursToTheirs: Record<string, number>;
}

const folder = path.join(import.meta.dirname, '..', 'peers');

/**
 * Runs a peer on one thread and on two. Python is `python3`, or what the environment variable PYTHON names.
 *
 * @returns nothing where Python or the peer's library is not there.
 */
export async function measurePeer(
  {script, sizes}: Peer,
  rows: readonly Row[],
  {seconds, seed}: {seconds: number; seed: number},
): Promise<PeerRow[]> {
  const found: PeerRow[] = [];
  for (const threads of [1, 2]) {
    const parameters = Object.entries({...sizes, threads, seconds: seconds / 2, seed}).map(([name, value]) => {
      return `--${name}=${value}`;
    });
    const run = promisify(execFile)(process.env.PYTHON ?? 'python3', [path.join(folder, script), ...parameters]);
    const output = await run.catch((error: {stderr?: string; message: string}) => {
      const reason = (error.stderr || error.message).trim().split('\n').at(-1);
      process.stderr.write(`${script} is left out: ${reason}\n`);
    });
    if (!output) break;
    const {peer, ms} = JSON.parse(output.stdout) as {peer: string; ms: number};
    const oursToTheirs = Object.fromEntries(rows.map(({backend, oursMs}) => [backend, oursMs / ms]));
    found.push({workload: rows[0]!.workload, peer, threads, theirsMs: ms, oursToTheirs});
  }
  return found;
}

export function peerLine({workload, peer, threads, theirsMs, oursToTheirs}: PeerRow): string {
  const compared = Object.entries(oursToTheirs).map(([backend, ratio]) => `${backend} ${ratio.toFixed(2)}`);
  const name = `${peer}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${workload.padEnd(26)}${name.padEnd(32)}${theirsMs.toFixed(2).padStart(9)} ms   ours / theirs: ${compared.join(', ')}`;
}
