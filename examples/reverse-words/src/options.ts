import path from 'node:path';
import {CommandOptions, corpusChoice, namedCorpora} from '@gatefold/example-command-line';
import type {BackendName} from '@gatefold/gpu-kernels';
import {presetNames, presets} from './presets';
import {type Settings, settingsOf} from './settings';

export const npmScript = 'example:reverse-words';

export const defaultOutput = path.join('output', 'reverse-words');

const backends: readonly BackendName[] = ['wasm', 'cpu', 'webgl', 'webgpu', 'tensorflow'];
const usual = settingsOf({});

export interface Options {
  /** The settings that were named on the command line, and no others. */
  given: Partial<Settings>;
  output: string;
  resume: boolean;
  /** Of the wasm backend. The numbers are the same on any count of them. */
  threads: number;
}

const commandOptions = new CommandOptions(`npm run ${npmScript}`, {
  preset: {value: 'NAME', about: `a model and its training, see below (${usual.preset})`},
  steps: {value: 'N', about: "training steps in all (the preset's)"},
  backend: {value: 'NAME', about: `${backends.join(', ')} (${usual.backend})`},
  threads: {value: 'N', about: 'of the wasm backend; the numbers stay the same (1)'},
  seed: {value: 'N', about: `of the weights and the windows (${usual.seed})`},
  corpus: {value: 'NAME|PATH', about: `${namedCorpora.join(', ')}, or a zip or plain file (${usual.corpus})`},
  output: {value: 'FOLDER', about: `where the results go (${defaultOutput})`},
  resume: {about: 'go on with the run in the output folder, with its settings'},
});

const presetList = Object.entries(presets)
  .map(([name, {about, steps}]) => `  ${name.padEnd(20)} ${about} (${steps} steps)`)
  .join('\n');

export const usage = `Teaches a sequence-to-sequence model with attention to turn every word round: the classic exercise.

usage: npm run ${npmScript} -- [options]

${commandOptions.list}

${presetList}

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
  const options: Options = {given: {}, output: defaultOutput, resume: false, threads: 1};
  const {given} = options;
  for (const option of all) {
    const {name, value} = option;
    if (name === 'preset') given.preset = commandOptions.oneOf(option, presetNames);
    else if (name === 'steps') given.steps = commandOptions.wholeNumber(option, 1, 1e9);
    else if (name === 'backend') given.backend = commandOptions.oneOf(option, backends);
    else if (name === 'threads') options.threads = commandOptions.wholeNumber(option, 1, 64);
    else if (name === 'seed') given.seed = commandOptions.wholeNumber(option, 0, 2 ** 31 - 1);
    else if (name === 'corpus') given.corpus = corpusChoice(value);
    else if (name === 'output') options.output = value;
    else options.resume = true;
  }
  return options;
}
