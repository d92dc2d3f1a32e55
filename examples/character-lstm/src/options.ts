import path from 'node:path';
import {parseArgs} from 'node:util';
import {UserError} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';
import type {OptimizerSettings} from '@gatefold/training';
import {scheduleNames} from './learning-rate';
import {programNames, programs} from './programs';
import type {Settings} from './settings';

const backends: readonly BackendName[] = ['wasm', 'cpu', 'webgl', 'webgpu', 'tensorflow'];

/** The corpora that have a name; any other value of --corpus is a path. */
const namedCorpora = ['state-of-the-union', 'text8'] as const;

/** A learning rate that each optimizer does well with, where it is not the program's own. */
const learningRates = {sgd: 10, momentum: 1, adagrad: 0.1, adam: 0.002, adamw: 0.002} as const;

const optimizers = Object.keys(learningRates) as OptimizerSettings['kind'][];

/** The settings given, and those of the program for the rest. */
export function settingsOf(given: Partial<Settings>): Settings {
  const {program = 'fused-gates'} = given;
  const {steps, hiddenSize, optimizer, schedule, ...own} = programs[program];
  const other = given.optimizer !== undefined && given.optimizer !== optimizer;
  const learningRate = other ? learningRates[given.optimizer!] : own.learningRate;
  const ofProgram = {program, steps, hiddenSize, optimizer, learningRate, schedule};
  return {...ofProgram, earlyStopping: null, backend: 'wasm', seed: 1, corpus: 'state-of-the-union', ...given};
}

export const defaultSettings = settingsOf({});

export const defaultOutput = path.join('output', 'character-lstm');

export interface Options {
  /** The settings that were named on the command line, and no others. */
  given: Partial<Settings>;
  output: string;
  resume: boolean;
  /** Of the wasm backend. The numbers are the same on any count of them. */
  threads: number;
  /** Whether the output folder gets an event file for TensorBoard. */
  tensorBoard: boolean;
}

/** Every option by name: what it takes, and what it is for. */
const definitions: Record<string, {value?: string; about: string}> = {
  program: {value: 'NAME', about: `which program of the exercise, see below (${defaultSettings.program})`},
  steps: {value: 'N', about: "training steps in all (the program's)"},
  'hidden-size': {value: 'N', about: "units of the LSTM layer (the program's)"},
  backend: {value: 'NAME', about: `${backends.join(', ')} (${defaultSettings.backend})`},
  optimizer: {value: 'NAME', about: `${optimizers.join(', ')} (the program's)`},
  'learning-rate': {value: 'X', about: "of the first step (the program's, or one that suits the optimizer)"},
  schedule: {value: 'NAME', about: `how the rate goes on: ${scheduleNames.join(', ')} (the program's)`},
  'early-stopping': {value: 'N', about: 'stop after N reports without a better validation, and take the best'},
  threads: {value: 'N', about: 'of the wasm backend; the numbers stay the same (1)'},
  seed: {value: 'N', about: `of the weights and the samples (${defaultSettings.seed})`},
  corpus: {value: 'NAME|PATH', about: `${namedCorpora.join(', ')}, or a zip or plain file (${defaultSettings.corpus})`},
  output: {value: 'FOLDER', about: `where the results go (${defaultOutput})`},
  tensorboard: {about: 'write an event file for TensorBoard into the output folder'},
  resume: {about: 'go on with the run in the output folder, with its settings'},
  help: {about: 'show this'},
};

const optionList = Object.entries(definitions)
  .map(([name, {value, about}]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(20)} ${about}`)
  .join('\n');

const programList = Object.entries(programs)
  .map(([name, {about, hiddenSize, steps}]) => `  ${name.padEnd(20)} ${about} (${hiddenSize} units, ${steps} steps)`)
  .join('\n');

export const usage = `Trains a language model, one LSTM layer, on real text: the classic text8 exercise.

usage: npm start -- [options]

${optionList}

${programList}

Ctrl-C stops and keeps a checkpoint; --resume goes on from it, to the same numbers as if it had never stopped.`;

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
    options: Object.fromEntries([
      ...Object.entries(definitions).map(([name, {value}]) => [name, {type: value ? 'string' : 'boolean'}] as const),
      ['help', {type: 'boolean', short: 'h'}],
    ]),
  });
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help' && token.value === undefined))
    return 'help';
  const options: Options = {given: {}, output: defaultOutput, resume: false, threads: 1, tensorBoard: false};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw wrong(
        `"${token.value}" stands alone, expected an option before it. With npm, options come after a "--" of their own: npm start -- --steps 100.`,
      );
    }
    const definition = Object.hasOwn(definitions, token.name) ? definitions[token.name] : undefined;
    if (!definition) throw wrong(`${token.rawName} is no option of this program.`);
    if (!definition.value) {
      if (token.value !== undefined) throw wrong(`--${token.name} was given "${token.value}", and takes no value.`);
      options[token.name === 'resume' ? 'resume' : 'tensorBoard'] = true;
    } else {
      if (!token.value) throw wrong(`--${token.name} has no value, expected --${token.name} ${definition.value}.`);
      set(options, token.name, token.value, token.inlineValue === true);
    }
  }
  return options;
}

function set(options: Options, name: string, value: string, inline: boolean): void {
  const {given} = options;
  if (name === 'program') given.program = oneOf(name, value, programNames);
  else if (name === 'steps') given.steps = wholeNumber(name, value, 1, 1e9);
  else if (name === 'hidden-size') given.hiddenSize = wholeNumber(name, value, 1, 4096);
  else if (name === 'seed') given.seed = wholeNumber(name, value, 0, 2 ** 32 - 1);
  else if (name === 'optimizer') given.optimizer = oneOf(name, value, optimizers);
  else if (name === 'learning-rate') given.learningRate = positive(name, value);
  else if (name === 'schedule') given.schedule = oneOf(name, value, scheduleNames);
  else if (name === 'early-stopping') given.earlyStopping = wholeNumber(name, value, 1, 1e6);
  else if (name === 'threads') options.threads = wholeNumber(name, value, 1, 64);
  else if (name === 'backend') given.backend = oneOf(name, value, backends);
  else if (value.startsWith('-') && !inline)
    throw wrong(`--${name} has no value: "${value}" looks like another option.`);
  else if (name === 'corpus') given.corpus = isNamed(value) ? value : path.resolve(value);
  else options.output = value;
}

function isNamed(corpus: string): boolean {
  return namedCorpora.some((name) => name === corpus);
}

function wholeNumber(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw wrong(`--${name} is "${value}", expected a whole number from ${least} to ${most}.`);
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (/^[\d.]+(e-?\d+)?$/.test(value) && number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw wrong(`--${name} is "${value}", expected a number above 0, such as 0.002.`);
}

function oneOf<Name extends string>(option: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found) return found;
  throw wrong(`--${option} is "${value}", expected one of ${names.join(', ')}.`);
}

function wrong(message: string): UserError {
  return new UserError(`${message}\n\nThe options:\n${optionList}`, 2);
}
