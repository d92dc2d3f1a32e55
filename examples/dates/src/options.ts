import path from 'node:path';
import {CommandOptions} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';

const npmScript = 'example:dates';

const backends: readonly BackendName[] = ['wasm', 'cpu', 'webgl', 'webgpu', 'tensorflow'];

export interface Options {
  steps: number;
  backend: BackendName;
  /** Of the wasm backend. The numbers are the same on any count of them. */
  threads: number;
  seed: number;
  output: string;
  /** To train beside the stock model. */
  compare: boolean;
  /** A date to be written as ISO by the model in the output folder. */
  convert?: string;
}

/** Steps to train for; beside the stock model, until both have come to 99 %, and so many at most. */
const steps = {alone: 800, compared: 4000} as const;

const defaults: Omit<Options, 'steps'> = {
  ...{backend: 'wasm', threads: 1, seed: 1, output: path.join('output', 'dates'), compare: false},
};

const commandOptions = new CommandOptions(`npm run ${npmScript}`, {
  steps: {value: 'N', about: `training steps (${steps.alone}; with --compare at most ${steps.compared})`},
  backend: {value: 'NAME', about: `${backends.join(', ')} (${defaults.backend})`},
  threads: {value: 'N', about: `of the wasm backend; the numbers stay the same (${defaults.threads})`},
  seed: {value: 'N', about: `of the weights and the order of the dates (${defaults.seed})`},
  output: {value: 'FOLDER', about: `where the results go (${defaults.output})`},
  convert: {value: 'DATE', about: 'write a date as ISO, with the model in the output folder'},
  compare: {about: "train beside tfjs's own example of this, for the time to 99 %"},
});

export const usage = `Teaches a sequence-to-sequence model with attention to bring dates in many formats to ISO.

usage: npm run ${npmScript} -- [options]

${commandOptions.list}

Ctrl-C stops and keeps the model as it is by then.`;

/**
 * The options of a command line.
 *
 * @returns 'help' where --help is among them, whatever else is.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  const all = commandOptions.read(commandLine);
  if (all === 'help') return 'help';
  const options = {...defaults, steps: 0};
  for (const option of all) {
    const {name, value} = option;
    if (name === 'steps') options.steps = commandOptions.wholeNumber(option, 1, 1e9);
    else if (name === 'backend') options.backend = commandOptions.oneOf(option, backends);
    else if (name === 'threads') options.threads = commandOptions.wholeNumber(option, 1, 64);
    else if (name === 'seed') options.seed = commandOptions.wholeNumber(option, 0, 2 ** 31 - 1);
    else if (name === 'output') options.output = value;
    else if (name === 'convert') options.convert = value;
    else options.compare = true;
  }
  options.steps ||= options.compare ? steps.compared : steps.alone;
  return options;
}
