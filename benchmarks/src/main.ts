import {execFileSync} from 'node:child_process';
import os from 'node:os';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm'; // or its kernels would come with ours already among them
import {measureInAPage} from './in-a-page';
import {type Line, measureLines} from './measure-lines';
import {type Options, parseOptions} from './options';
import {measurePeer, peerLine} from './peers';
import {measureQuality, qualityHead, qualityLine} from './quality/word-vectors';
import {type Race, raceLine} from './races/race';
import {wordVectors} from './races/word-vectors';
import {type Row, tableHead, tableLine} from './row';
import type {Workload} from './workload';
import {embeddingStep} from './workloads/embedding-step';
import {encodeWordsWorkload} from './workloads/encode-words';
import {generateWorkload} from './workloads/generate';
import {kernels} from './workloads/kernels/kernels';
import {kernelSummary} from './workloads/kernels/summary';
import {layerFit} from './workloads/layer-fit';
import {loadText8Workload} from './workloads/load-text8';
import {lstmTrainingStep} from './workloads/lstm-training-step';
import {mostSimilar} from './workloads/most-similar';
import {seq2seqTrainingStep} from './workloads/seq2seq-training-step';
import {skipGramStep} from './workloads/skip-gram-step';
import {translate} from './workloads/translate';
import {fourGatesWorkload, normalizedWorkload} from './workloads/without-kernel';

const layerSizes = {units: 128, steps: 40, batch: 128, vocabulary: 65, batches: 4};

const workloads: Workload[] = [
  lstmTrainingStep('lstm-64', {steps: 10, batch: 64, hidden: 64, vocabulary: 27}),
  lstmTrainingStep('lstm-256', {steps: 50, batch: 64, hidden: 256, vocabulary: 27}),
  lstmTrainingStep('lstm-512x2', {steps: 100, batch: 64, hidden: 512, layers: 2, vocabulary: 27}),
  lstmTrainingStep('bigram-one-hot-64', {steps: 10, batch: 64, hidden: 64, vocabulary: 729}),
  lstmTrainingStep('bigram-embedded-64', {steps: 10, batch: 64, hidden: 64, vocabulary: 729, embedding: 128}),
  embeddingStep('embedding-50k', {vocabulary: 50_000, width: 128, batch: 128, samples: 64}),
  skipGramStep('skip-gram-50k', {vocabulary: 50_000, width: 128, batch: 128, samples: 64}),
  mostSimilar('most-similar', {words: 50_000, dimension: 128, queries: 64}),
  seq2seqTrainingStep('seq2seq-128', {
    ...{sourceSteps: 20, targetSteps: 20, batch: 64, vocabulary: 1000, embedding: 64, hidden: 128, layers: 1},
  }),
  seq2seqTrainingStep('seq2seq-4x256', {
    ...{sourceSteps: 20, targetSteps: 21, batch: 64, vocabulary: 31, embedding: 256, hidden: 256, layers: 4},
  }),
  ...translate('translate-256', {
    ...{sourceSteps: 20, targetSteps: 20, vocabulary: 1000, embedding: 256, hidden: 256, layers: 1},
  }),
  fourGatesWorkload,
  normalizedWorkload,
  generateWorkload('generate-64', 64),
  generateWorkload('generate-256', 256),
  generateWorkload('generate-256x64', 256, 64),
  layerFit('layer-128', layerSizes, {recurrentActivation: 'sigmoid'}),
  layerFit('layer-128-default', layerSizes, {}),
  loadText8Workload,
  encodeWordsWorkload,
];

/** Named `kernels` or by a part of their names; too many to run when none is named. */
const onlyByName: Workload[] = kernels;

const models = {word2vec: 'skipGram', cbow: 'cbow'} as const;
const races: Race[] = Object.entries(models).map(([name, model]) => wordVectors(name, model));

const usage = `usage: npm run bench -- [NAME ...] [options]

Times Gatefold beside stock TensorFlow.js doing the same work, in turn, in one process a line. Build first: npm run build

  --backend NAME   one backend in place of each workload's own: cpu, wasm, wasm-2-threads, webgpu, tensorflow;
                   webgl for kernels and four-gates-64, in Chromium (CHROMIUM=path)
  --seconds N      measured time for each line         (default 10)
  --seed N         of weights and data                 (default 1)
  --peers          also times PyTorch, TensorFlow and gensim, where a Python (PYTHON=path) has them
  --quality        scores of word vectors in place of times, for word2vec and cbow: the mean of some seeds
    --corpus PATH      a text in text8's format, plain or zip; more than one may be given
    --evaluation PATH  a folder with questions-words.txt, wordsim353.tsv and simlex999.txt, which are not ours to ship
    --way NAME         parallel or minibatch   (default both; minibatch on --backend, default wasm)
    --epochs N         passes over the text     (default 10, 5 for 50 MB and more)
    --seeds N          trainings for each row   (default 3; of a peer one)
  --json           one JSON object a line
  --help           prints this

${[...workloads, ...races].map(({name, description}) => `  ${name.padEnd(18)} ${description}`).join('\n')}
  kernels            every operation of gpu-kernels beside its reference, at several sizes, forward and with its gradient;
                     a part of them by a part of the name, kernels/top-k or kernels/lstm/5x4x8-8/forward
`;

const versions = {node: process.versions.node, tfjs: tf.version_core};

/**
 * As `measureLines`, in a process of its own: what the compiler has learnt from one workload would else slow down the next, by as
 * much as an eighth.
 */
function measureApart(lines: Line[], {seconds, seed}: Options): Row[] {
  const options = ['--backend', lines[0]!.backend, '--seconds', String(seconds), '--seed', String(seed), '--json'];
  const printed = execFileSync(
    process.execPath,
    [process.argv[1]!, ...lines.map(({workload}) => workload.name), ...options],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** Whether a name on the command line means this workload: its own name, or the first parts of it. */
const isNamed = (name: string, names: string[]) =>
  names.some((given) => name === given || name.startsWith(`${given}/`));

/** The lines asked for, those that share a process together. */
function linesOf({names, backend: only}: Options): Line[][] {
  const chosen =
    names.length === 0 ? workloads : [...workloads, ...onlyByName].filter(({name}) => isNamed(name, names));
  const lines = chosen.flatMap((workload) => {
    const {backends, nowhereElse} = workload;
    const those = nowhereElse ? backends.filter((backend) => !only || backend === only) : only ? [only] : backends;
    return those.map((backend) => ({workload, backend}));
  });
  const together = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.workload.process ?? line.workload.name} ${line.backend}`;
    together.set(key, [...(together.get(key) ?? []), line]);
  }
  return [...together.values()];
}

/** Scores of word vectors, which are not a matter of time. */
async function runQuality(options: Options): Promise<void> {
  const {names, json} = options;
  const scored = Object.entries(models).filter(([name]) => names.length === 0 || names.includes(name));
  if (scored.length === 0) throw new Error(`--quality is for ${Object.keys(models).join(' and ')}.`);
  if (!json)
    console.log(`${machine()}; analogies among the 30,000 most frequent words, means of the seeds\n${qualityHead}`);
  for await (const row of measureQuality(
    scored.map(([, model]) => model),
    options,
  )) {
    console.log(json ? JSON.stringify(row) : qualityLine(row));
  }
}

function machine(): string {
  const cpus = os.cpus();
  return `${cpus[0]!.model}, ${cpus.length} cores; ${os.platform()}; node ${versions.node}, tfjs ${versions.tfjs}`;
}

async function run(options: Options): Promise<void> {
  const {names, seed, json, peers} = options;
  const processes = linesOf(options);
  if (!json) {
    console.log(`${machine()}; seed ${seed}; medians after warm-up, ours and stock in turn`);
    if (processes.length > 0) console.log(tableHead);
  }
  const entered = races.filter(({name}) => names.length === 0 || names.includes(name));
  const alone = processes.length === 1 && !peers;
  const measure = (lines: Line[]): AsyncIterable<Row> | Row[] => {
    if (lines[0]!.backend === 'webgl') return measureInAPage(lines, options);
    return alone ? measureLines(lines, options) : measureApart(lines, options);
  };
  const rows: Row[] = [];
  for (const lines of processes) {
    for await (const row of measure(lines)) {
      rows.push(row);
      console.log(json ? JSON.stringify({...row, versions}) : tableLine(row));
    }
  }
  if (!json) for (const line of kernelSummary(rows)) console.log(line);
  for (const race of entered) {
    for await (const row of race.run(options)) console.log(json ? JSON.stringify(row) : raceLine(row));
  }
  if (!peers) return;
  for (const {name, peers = []} of workloads) {
    const measured = rows.filter(({workload}) => workload === name);
    if (measured.length === 0) continue;
    for (const peer of peers) {
      for (const row of await measurePeer(peer, measured, options)) {
        console.log(json ? JSON.stringify(row) : peerLine(row));
      }
    }
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  const all = [...workloads, ...onlyByName, ...races];
  const unknown = options.names.filter((given) => !all.some(({name}) => isNamed(name, [given])));
  if (unknown.length > 0) throw new Error(`Unknown workload ${unknown.join(', ')}.`);
  if (options.help) process.stdout.write(usage);
  else await (options.quality ? runQuality : run)(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
