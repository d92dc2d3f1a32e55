import os from 'node:os';
import {parseArgs} from 'node:util';
import {type BackendName, useBackend} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import {measureInTurn} from './measure';
import type {Workload} from './workload';
import {lstmTrainingStep} from './workloads/lstm-training-step';

const workloads: Workload[] = [
  lstmTrainingStep('lstm-64', {steps: 10, batch: 64, hidden: 64, vocabulary: 27}),
  lstmTrainingStep('lstm-256', {steps: 50, batch: 64, hidden: 256, vocabulary: 27}),
];

const usage = `usage: npm run bench -- [NAME ...] [--backend NAME] [--seconds N] [--seed N] [--json]

Times Gatefold beside stock TensorFlow.js doing the same work, in turn, in one process.

${workloads.map(({name, description}) => `  ${name.padEnd(14)} ${description}`).join('\n')}
`;

const {values: options, positionals: names} = parseArgs({
  allowPositionals: true,
  options: {
    backend: {type: 'string'},
    seconds: {type: 'string', default: '10'},
    seed: {type: 'string', default: '1'},
    json: {type: 'boolean', default: false},
    help: {type: 'boolean', default: false},
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const unknown = names.filter((name) => !workloads.some((workload) => workload.name === name));
if (unknown.length > 0) {
  console.error(`Unknown workload ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(2);
}

const versions = {node: process.versions.node, tfjs: tf.version_core};
tf.enableProdMode();
if (!options.json) {
  console.log(
    `${os.cpus()[0]!.model}, ${os.cpus().length} cores; node ${versions.node}, tfjs ${versions.tfjs}; seed ${options.seed}`,
  );
  console.log(['workload', 'backend', 'ours ms', 'stock ms', 'ratio', 'runs', 'ours quartiles'].join('\t'));
}
for (const workload of workloads.filter(({name}) => names.length === 0 || names.includes(name))) {
  for (const backend of options.backend ? [options.backend] : workload.backends) {
    await useBackend(backend as BackendName);
    const contest = await workload.prepare(Number(options.seed));
    const {ours, stock} = await measureInTurn(contest.ours, contest.stock, {
      milliseconds: 1000 * Number(options.seconds),
      minimumRuns: 3,
    });
    contest.dispose();
    const ratio = stock.median / ours.median;
    console.log(
      [
        workload.name,
        backend,
        ours.median.toFixed(2),
        stock.median.toFixed(1),
        `${ratio.toFixed(1)}x`,
        ours.runs,
        ours.quartiles.map((q) => q.toFixed(2)).join('-'),
      ].join('\t'),
    );
  }
}
