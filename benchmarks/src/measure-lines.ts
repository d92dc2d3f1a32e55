import {type BackendName, useBackend} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import {measureInTurn} from './measure';
import {makeRow, type Row} from './row';
import {keepStockKernels} from './stock-kernels';
import type {Side, Workload} from './workload';

/** One line of the table. */
export interface Line {
  workload: Workload;
  backend: string;
}

export interface MeasureOptions {
  seconds: number;
  seed: number;
}

/** Measures here, in turn; all on one backend, which has to be among tfjs's before, or its kernels come with ours. */
export async function* measureLines(lines: Line[], {seconds, seed}: MeasureOptions): AsyncGenerator<Row> {
  tf.enableProdMode();
  const {backend} = lines[0]!;
  const [, threads] = /^wasm-(\d+)-threads$/.exec(backend) ?? [];
  const tfjsName = threads ? 'wasm' : backend;
  const {onStockKernels, onReferences, runsOurs} = keepStockKernels(tfjsName);
  if (backend !== 'none') await useBackend(tfjsName as BackendName, {threads: threads ? Number(threads) : undefined});
  for (const {workload} of lines) {
    const contest = await workload.prepare(seed, backend);
    const {against = 'stock'} = workload;
    const fallsBack = against === 'reference' && !(await runsOurs(contest.ours));
    const onItsKernels = {stock: onStockKernels, reference: onReferences, ours: (side: Side) => side}[against];
    const timings = await measureInTurn(contest.ours, onItsKernels(contest.stock), {
      milliseconds: 1000 * seconds,
      minimumRuns: 3,
      clearRatio: workload.clearRatio,
    });
    await contest.dispose();
    yield {...makeRow(workload.name, backend, timings, contest), ...(fallsBack && {fallsBack})};
  }
}
