import path from 'node:path';
import {parseArgs} from 'node:util';
import {UserError} from '@gatefold/example-command-line';
import type {Loss, Word2VecSettings} from '@gatefold/word2vec';

export interface Options {
  corpus: string;
  output: string;
  minimumCount: number;
  /** As many as there are cores where it is left out. */
  threads?: number;
  settings: Required<Pick<Word2VecSettings, 'model' | 'loss' | 'dimension' | 'window' | 'epochs' | 'seed'>>;
}

const models = {'skip-gram': 'skipGram', cbow: 'cbow'} as const;

const losses: Record<string, Loss> = {
  'negative-sampling': {kind: 'negativeSampling'},
  'hierarchical-softmax': {kind: 'hierarchicalSoftmax'},
};

/** Every option by name: what it takes, its default, and what it is for. */
const definitions = {
  corpus: {
    value: 'NAME|PATH',
    default: 'state-of-the-union',
    about: 'state-of-the-union, text8, or a zip or plain file',
  },
  model: {value: 'NAME', default: 'skip-gram', about: Object.keys(models).join(', ')},
  loss: {value: 'NAME', default: 'negative-sampling', about: Object.keys(losses).join(', ')},
  dimension: {value: 'N', default: '100', about: 'numbers in a vector'},
  window: {value: 'N', default: '5', about: 'words to either side'},
  epochs: {value: 'N', default: '10', about: 'passes over the text'},
  'minimum-count': {value: 'N', default: '5', about: 'rarer words are left out'},
  threads: {value: 'N', default: '', about: 'threads that train; one gives the same vectors every time (all cores)'},
  seed: {value: 'N', default: '1', about: 'of the weights, the draws and the map'},
  output: {value: 'FOLDER', default: path.join('output', 'word2vec'), about: 'where the results go'},
} as const;

const optionList = Object.entries(definitions)
  .map(([name, {value, about, default: usual}]) => {
    return `  ${`--${name} ${value}`.padEnd(20)} ${about}${usual && ` (${usual})`}`;
  })
  .join('\n');

export const usage = `Trains word vectors on real text, and leaves the vectors, a map of the words and a table of neighbours.

usage: npm run example:word2vec -- [options]

${optionList}
  --help               show this

Ctrl-C stops; what has been learnt by then is written all the same.`;

/**
 * The options of a command line.
 *
 * @returns 'help' where it is asked for.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  const {help, ...values} = parse(commandLine);
  if (help) return 'help';
  const whole = (name: keyof typeof definitions, most: number, least = 1) => {
    const value = values[name] ?? '';
    if (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    throw wrong(`--${name} is "${value}", expected a whole number from ${least} to ${most}.`);
  };
  return {
    corpus: values.corpus!,
    output: values.output!,
    minimumCount: whole('minimum-count', 1e6),
    ...(values.threads !== '' && {threads: whole('threads', 64)}),
    settings: {
      model: oneOf('model', values.model!, models),
      loss: oneOf('loss', values.loss!, losses),
      dimension: whole('dimension', 4096),
      window: whole('window', 100),
      epochs: whole('epochs', 10_000),
      seed: whole('seed', 2 ** 32 - 1, 0),
    },
  };
}

function parse(commandLine: string[]): {help?: boolean} & Record<string, string | undefined> {
  try {
    const options = Object.entries(definitions).map(([name, {default: usual}]) => {
      return [name, {type: 'string', default: usual}] as const;
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

function oneOf<Value>(option: string, name: string, values: Readonly<Record<string, Value>>): Value {
  if (Object.hasOwn(values, name)) return values[name]!;
  throw wrong(`--${option} is "${name}", expected one of ${Object.keys(values).join(', ')}.`);
}

function wrong(message: string): UserError {
  return new UserError(`${message}\n\nThe options:\n${optionList}`, 2);
}
