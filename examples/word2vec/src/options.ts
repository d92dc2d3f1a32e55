import path from 'node:path';
import {parseArgs} from 'node:util';
import type {Loss, Word2VecSettings} from '@gatefold/word2vec';
import {UserError} from './user-error';

const models = {'skip-gram': 'skipGram', cbow: 'cbow'} as const;

/** The losses that train in parallel. */
const losses = {
  'negative-sampling': {kind: 'negativeSampling'},
  'hierarchical-softmax': {kind: 'hierarchicalSoftmax'},
} as const satisfies Record<string, Loss>;

export interface Options {
  /** `state-of-the-union`, `text8` or the path of a file. */
  corpus: string;
  output: string;
  /** As many as there are cores where it is undefined. */
  threads: number | undefined;
  settings: Required<Pick<Word2VecSettings, 'model' | 'loss' | 'epochs' | 'dimension' | 'seed'>>;
}

export const defaults: Options = {
  corpus: 'state-of-the-union',
  output: path.join('output', 'word2vec'),
  threads: undefined,
  settings: {model: 'skipGram', loss: losses['negative-sampling'], epochs: 20, dimension: 100, seed: 1},
};

/** Every option by name: what it takes, and what it is for. */
const definitions: Record<string, {value?: string; about: string}> = {
  corpus: {value: 'NAME|PATH', about: `state-of-the-union, text8, or a zip or plain file (${defaults.corpus})`},
  model: {value: 'NAME', about: `${Object.keys(models).join(', ')} (skip-gram)`},
  loss: {value: 'NAME', about: `${Object.keys(losses).join(', ')} (negative-sampling)`},
  threads: {value: 'N', about: 'how many train (as many as there are cores)'},
  epochs: {value: 'N', about: `passes over the corpus (${defaults.settings.epochs})`},
  dimension: {value: 'N', about: `length of a vector (${defaults.settings.dimension})`},
  seed: {
    value: 'N',
    about: `of the vectors and the map (${defaults.settings.seed}); one thread repeats itself exactly`,
  },
  output: {value: 'FOLDER', about: `where the results go (${defaults.output})`},
  help: {about: 'show this'},
};

const optionList = Object.entries(definitions)
  .map(([name, {value, about}]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(20)} ${about}`)
  .join('\n');

export const usage = `Trains word vectors on real text, and leaves them with a map of the words and a table of neighbours.

usage: npm run example:word2vec -- [options]

${optionList}

Ctrl-C stops the training and writes what there is.`;

/**
 * The options of a command line.
 *
 * @returns 'help' where --help is among them, whatever else is.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  // Not strict: the messages of util.parseArgs speak to programmers, ours to the one who typed the line.
  const {tokens} = parseArgs({
    args: commandLine,
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(Object.keys(definitions).map((name) => [name, {type: 'string'}] as const)),
      help: {type: 'boolean', short: 'h'},
    },
  });
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return 'help';
  const options: Options = {...defaults, settings: {...defaults.settings}};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw wrong(
        `"${token.value}" stands alone, expected an option before it. With npm, options come after a "--" of their own: npm run example:word2vec -- --epochs 5.`,
      );
    }
    const definition = Object.hasOwn(definitions, token.name) ? definitions[token.name] : undefined;
    if (!definition) throw wrong(`${token.rawName} is no option of this program.`);
    const {name, value, inlineValue} = token;
    if (!value || (value.startsWith('--') && !inlineValue)) {
      throw wrong(`--${name} has no value, expected --${name} ${definition.value}.`);
    }
    set(options, name, value);
  }
  return options;
}

function set(options: Options, name: string, value: string): void {
  const {settings} = options;
  if (name === 'model') settings.model = oneOf(name, value, models);
  else if (name === 'loss') settings.loss = oneOf(name, value, losses);
  else if (name === 'threads') options.threads = wholeNumber(name, value, 1, 64);
  else if (name === 'epochs') settings.epochs = wholeNumber(name, value, 1, 1000);
  else if (name === 'dimension') settings.dimension = wholeNumber(name, value, 1, 2000);
  else if (name === 'seed') settings.seed = wholeNumber(name, value, 0, 2 ** 32 - 1);
  else if (name === 'corpus') options.corpus = value;
  else options.output = value;
}

function wholeNumber(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw wrong(`--${name} is "${value}", expected a whole number from ${least} to ${most}.`);
}

function oneOf<Value>(option: string, name: string, values: Record<string, Value>): Value {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  throw wrong(`--${option} is "${name}", expected one of ${Object.keys(values).join(', ')}.`);
}

function wrong(message: string): UserError {
  return new UserError(`${message}\n\nThe options:\n${optionList}`, 2);
}
