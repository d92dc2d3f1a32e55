import path from 'node:path';
import {CommandOptions, corpusChoice, type GivenOption, namedCorpora} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';
import type {OptimizerSettings} from '@gatefold/training';
import {scheduleNames, usualWarmUp} from './learning-rate';
import {programNames, programs} from './programs';
import type {Settings} from './settings';

const backends: readonly BackendName[] = ['wasm', 'cpu', 'webgl', 'webgpu', 'tensorflow'];

/** A learning rate that each optimizer does well with, where it is not the program's own. */
const learningRates = {sgd: 10, momentum: 1, adagrad: 0.1, adam: 0.002, adamw: 0.002} as const;

const optimizers = Object.keys(learningRates) as OptimizerSettings['kind'][];

/** The settings given, and those of the program for the rest. */
export function settingsOf(given: Partial<Settings>): Settings {
  const {program = 'fused-gates'} = given;
  const {hiddenSize, optimizer, ...own} = programs[program];
  const {steps = own.steps, schedule = own.schedule} = given;
  const other = given.optimizer !== undefined && given.optimizer !== optimizer;
  const learningRate = other ? learningRates[given.optimizer!] : own.learningRate;
  const warmUp = usualWarmUp(schedule, steps);
  const ofProgram = {program, steps, hiddenSize, optimizer, learningRate, schedule, warmUp};
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

const commandOptions = new CommandOptions('npm start', {
  program: {value: 'NAME', about: `which program of the exercise, see below (${defaultSettings.program})`},
  steps: {value: 'N', about: "training steps in all (the program's)"},
  'hidden-size': {value: 'N', about: "units of the LSTM layer (the program's)"},
  backend: {value: 'NAME', about: `${backends.join(', ')} (${defaultSettings.backend})`},
  optimizer: {value: 'NAME', about: `${optimizers.join(', ')} (the program's)`},
  'learning-rate': {
    value: 'X',
    about: "of the first step after warming up (the program's, or one that suits the optimizer)",
  },
  schedule: {value: 'NAME', about: `how the rate goes on: ${scheduleNames.join(', ')} (the program's)`},
  'warm-up': {value: 'N', about: 'steps it climbs for before that (cosine: a tenth of all, at most 100; else 0)'},
  'early-stopping': {value: 'N', about: 'stop after N reports without a better validation, and take the best'},
  threads: {value: 'N', about: 'of the wasm backend; the numbers stay the same (1)'},
  seed: {value: 'N', about: `of the weights and the samples (${defaultSettings.seed})`},
  corpus: {value: 'NAME|PATH', about: `${namedCorpora.join(', ')}, or a zip or plain file (${defaultSettings.corpus})`},
  output: {value: 'FOLDER', about: `where the results go (${defaultOutput})`},
  tensorboard: {about: 'write an event file for TensorBoard into the output folder'},
  resume: {about: 'go on with the run in the output folder, with its settings'},
});

const programList = Object.entries(programs)
  .map(([name, {about, hiddenSize, steps}]) => `  ${name.padEnd(20)} ${about} (${hiddenSize} units, ${steps} steps)`)
  .join('\n');

export const usage = `Trains a language model, one LSTM layer, on real text: the classic text8 exercise.

usage: npm start -- [options]

${commandOptions.list}

${programList}

Ctrl-C stops and keeps a checkpoint; --resume goes on from it, to the same numbers as if it had never stopped.`;

/**
 * The options of a command line.
 *
 * @returns 'help' where --help is among them, whatever else is.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  const all = commandOptions.read(commandLine);
  if (all === 'help') return 'help';
  const options: Options = {given: {}, output: defaultOutput, resume: false, threads: 1, tensorBoard: false};
  for (const option of all) set(options, option);
  return options;
}

function set(options: Options, option: GivenOption): void {
  const {given} = options;
  const {name, value} = option;
  if (name === 'program') given.program = commandOptions.oneOf(option, programNames);
  else if (name === 'steps') given.steps = commandOptions.wholeNumber(option, 1, 1e9);
  else if (name === 'hidden-size') given.hiddenSize = commandOptions.wholeNumber(option, 1, 4096);
  else if (name === 'seed') given.seed = commandOptions.wholeNumber(option, 0, 2 ** 32 - 1);
  else if (name === 'optimizer') given.optimizer = commandOptions.oneOf(option, optimizers);
  else if (name === 'learning-rate') given.learningRate = commandOptions.positive(option);
  else if (name === 'schedule') given.schedule = commandOptions.oneOf(option, scheduleNames);
  else if (name === 'warm-up') given.warmUp = commandOptions.wholeNumber(option, 0, 1e6);
  else if (name === 'early-stopping') given.earlyStopping = commandOptions.wholeNumber(option, 1, 1e6);
  else if (name === 'threads') options.threads = commandOptions.wholeNumber(option, 1, 64);
  else if (name === 'backend') given.backend = commandOptions.oneOf(option, backends);
  else if (name === 'corpus') given.corpus = corpusChoice(value);
  else if (name === 'resume') options.resume = true;
  else if (name === 'tensorboard') options.tensorBoard = true;
  else options.output = value;
}
