import {CommandOptions} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';

const npmScript = 'example:number-series';

const backends: readonly BackendName[] = ['wasm', 'cpu', 'webgl', 'webgpu', 'tensorflow'];

export interface Options {
  steps: number;
  backend: BackendName;
  seed: number;
}

const defaults: Options = {steps: 3501, backend: 'wasm', seed: 1};

const commandOptions = new CommandOptions(`npm run ${npmScript}`, {
  steps: {value: 'N', about: `training steps (${defaults.steps})`},
  backend: {value: 'NAME', about: `${backends.join(', ')} (${defaults.backend})`},
  seed: {value: 'N', about: `of the weights (${defaults.seed})`},
});

export const usage = `Trains an LSTM to predict the next value of the series 1, 1/2, 1/3, ...

usage: npm run ${npmScript} -- [options]

${commandOptions.list}`;

/**
 * The options of a command line.
 *
 * @returns 'help' where --help is among them, whatever else is.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed.
 */
export function parseOptions(commandLine: string[]): Options | 'help' {
  const all = commandOptions.read(commandLine);
  if (all === 'help') return 'help';
  const options = {...defaults};
  for (const option of all) {
    if (option.name === 'steps') options.steps = commandOptions.wholeNumber(option, 1, 1e9);
    else if (option.name === 'backend') options.backend = commandOptions.oneOf(option, backends);
    else options.seed = commandOptions.wholeNumber(option, 0, 2 ** 31 - 1);
  }
  return options;
}
