import path from 'node:path';
import {parseArgs} from 'node:util';
import {UserError} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';
import type {Loss, MinibatchLoss, Word2VecSettings} from '@gatefold/word2vec';

type Settings = Required<Pick<Word2VecSettings, 'model' | 'dimension' | 'window' | 'epochs' | 'seed'>>;

/** What a run is, and what it stays when it goes on after it was stopped; JSON. */
export type Run = {corpus: string; minimumCount: number} & (
  | {backend?: undefined; settings: Settings & {loss: Loss}}
  | {backend: BackendName; settings: Settings & {loss: MinibatchLoss}}
);

export interface Options {
  /** Nothing where a run is to go on that was stopped. */
  run: Run | undefined;
  /** As many as there are cores where it is left out, on wasm one. */
  threads?: number;
  output: string;
}

const models = {'skip-gram': 'skipGram', cbow: 'cbow'} as const;

/** Of either way of training. */
const losses: {threads: Record<string, Loss>; backend: Record<string, MinibatchLoss>} = {
  threads: {'negative-sampling': {kind: 'negativeSampling'}, 'hierarchical-softmax': {kind: 'hierarchicalSoftmax'}},
  backend: {
    'negative-sampling': {kind: 'negativeSampling'},
    'sampled-softmax': {kind: 'sampledSoftmax'},
    'noise-contrastive': {kind: 'noiseContrastive'},
    'full-softmax': {kind: 'fullSoftmax'},
  },
};

const backends: Record<string, BackendName> = {wasm: 'wasm', cpu: 'cpu', webgpu: 'webgpu', tensorflow: 'tensorflow'};

const namesOf = (values: object) => Object.keys(values).join(', ');

/** The corpora that have a name; any other value of --corpus is a path. */
const namedCorpora = ['state-of-the-union', 'text8'];

/** Every option by name: what it takes, its default, and what it is for. */
const definitions: Record<string, {value?: string; default?: string; about: string}> = {
  corpus: {
    value: 'NAME|PATH',
    default: 'state-of-the-union',
    about: `${namedCorpora.join(', ')}, or a zip or plain file`,
  },
  model: {value: 'NAME', default: 'skip-gram', about: namesOf(models)},
  loss: {
    value: 'NAME',
    default: 'negative-sampling',
    about: `${namesOf(losses.threads)}; with --backend ${namesOf(losses.backend)}`,
  },
  backend: {value: 'NAME', about: `minibatches on ${namesOf(backends)}, in place of threads`},
  threads: {value: 'N', about: 'that train, or of wasm; one gives the same vectors every time (all cores; of wasm 1)'},
  dimension: {value: 'N', default: '100', about: 'numbers in a vector'},
  window: {value: 'N', default: '5', about: 'words to either side'},
  epochs: {value: 'N', about: 'passes over the text (10; with --backend 3)'},
  'minimum-count': {value: 'N', default: '5', about: 'rarer words are left out'},
  seed: {value: 'N', default: '1', about: 'of the weights, the draws and the map'},
  output: {value: 'FOLDER', default: path.join('output', 'word2vec'), about: 'where the results go'},
  resume: {about: 'go on with the run in the output folder that was stopped'},
};

/** What may stand beside --resume: all else is the run's. */
const besideResume = ['resume', 'output', 'threads'];

const optionList = Object.entries(definitions)
  .map(([name, {value, about, default: usual}]) => {
    return `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(20)} ${about}${usual ? ` (${usual})` : ''}`;
  })
  .join('\n');

export const usage = `Trains word vectors on real text, and leaves the vectors, a map of the words and a table of neighbours.

usage: npm run example:word2vec -- [options]

${optionList}
  --help               show this

Ctrl-C stops: what has been learnt by then is written all the same, and --resume goes on from there.`;

/**
 * The options of a command line.
 *
 * @returns 'help' where it is asked for.
 * @throws UserError with exit code 2 where an option is unknown, its value ill-formed, or two do not go together.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  const {help, resume, ...given} = parse(commandLine);
  if (help) return 'help';
  const textOf = (name: string) => given[name] ?? definitions[name]!.default ?? '';
  const whole = (name: string, most: number, least = 1) => wholeNumber(name, textOf(name), most, least);
  const backend = given.backend === undefined ? undefined : oneOf('backend', given.backend, backends);
  const others = {
    output: textOf('output'),
    ...(given.threads !== undefined && {threads: whole('threads', 64)}),
  };
  if (resume) {
    const fixed = Object.keys(given).find((name) => !besideResume.includes(name));
    if (fixed) throw wrong(`--${fixed} is the stopped run's own: leave it out, or leave out --resume to start anew.`);
    return {run: undefined, ...others};
  }
  if (backend !== undefined && backend !== 'wasm' && given.threads !== undefined) {
    throw wrong(`--threads is not for --backend ${backend}: leave one of the two out.`);
  }
  const corpus = textOf('corpus');
  const settings = {
    model: oneOf('model', textOf('model'), models),
    dimension: whole('dimension', 4096),
    window: whole('window', 100),
    epochs: given.epochs === undefined ? (backend ? 3 : 10) : whole('epochs', 10_000),
    seed: whole('seed', 2 ** 32 - 1, 0),
  };
  const text = {
    corpus: namedCorpora.includes(corpus) ? corpus : path.resolve(corpus),
    minimumCount: whole('minimum-count', 1e6),
  };
  const run: Run = backend
    ? {...text, backend, settings: {...settings, loss: lossOf(textOf('loss'), losses.backend)}}
    : {...text, settings: {...settings, loss: lossOf(textOf('loss'), losses.threads)}};
  return {run, ...others};
}

/** The loss by its name, among those of one way of training. */
function lossOf<Value>(name: string, values: Readonly<Record<string, Value>>): Value {
  const known = Object.values(losses).some((way) => Object.hasOwn(way, name));
  if (known && !Object.hasOwn(values, name)) {
    throw wrong(`--loss ${name} ${(values as object) === losses.threads ? 'needs a' : 'is not for a'} --backend.`);
  }
  return oneOf('loss', name, values);
}

function parse(commandLine: string[]): {help?: boolean; resume?: boolean} & Record<string, string | undefined> {
  try {
    const options = Object.entries(definitions).map(([name, {value}]) => {
      return [name, {type: value ? 'string' : 'boolean'}] as const;
    });
    const {values} = parseArgs({
      args: commandLine,
      options: {...Object.fromEntries(options), help: {type: 'boolean', short: 'h'}},
    });
    return values as ReturnType<typeof parse>;
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function wholeNumber(name: string, value: string, most: number, least: number): number {
  if (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw wrong(`--${name} is "${value}", expected a whole number from ${least} to ${most}.`);
}

function oneOf<Value>(option: string, name: string, values: Readonly<Record<string, Value>>): Value {
  if (Object.hasOwn(values, name)) return values[name]!;
  throw wrong(`--${option} is "${name}", expected one of ${namesOf(values)}.`);
}

function wrong(message: string): UserError {
  return new UserError(`${message}\n\nThe options:\n${optionList}`, 2);
}
