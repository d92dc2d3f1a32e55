// What a page runs: the workloads that are about tensors alone. Bundled into one script, which `in-a-page.ts` puts there.
import '@tensorflow/tfjs'; // WebGL among it
import {type MeasureOptions, measureLines} from './measure-lines';
import type {Row} from './row';
import {kernels} from './workloads/kernels/kernels';
import {fourGatesWorkload} from './workloads/without-kernel';

const workloads = [...kernels, fourGatesWorkload];

/** Measures the workloads of these names. */
async function measureInPage(names: string[], backend: string, options: MeasureOptions): Promise<Row[]> {
  const lines = workloads.filter(({name}) => names.includes(name)).map((workload) => ({workload, backend}));
  const rows: Row[] = [];
  for await (const row of measureLines(lines, options)) rows.push(row);
  return rows;
}

export type MeasureInPage = typeof measureInPage;

Object.assign(globalThis, {measureInPage});
