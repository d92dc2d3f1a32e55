import {CommandOptions} from '@gatefold/example-command-line';
import {defaultOutput} from './options';

export interface WriteOptions {
  /** The output folder of a run. */
  run: string;
  prompt: string;
  /** In characters, without the prompt. */
  length: number;
  streams: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed: number;
  /** The width of a beam search; without it what is written is drawn. */
  beam?: number;
}

const commandOptions = new CommandOptions('npm run example:write', {
  run: {value: 'FOLDER', about: `the output folder of npm start (${defaultOutput})`},
  prompt: {value: 'TEXT', about: 'what to go on from, of a to z and space ("the ")'},
  length: {value: 'N', about: 'characters to write (80)'},
  streams: {value: 'N', about: 'texts to write, all at once (5)'},
  temperature: {value: 'X', about: 'below 1 safer, above 1 wilder (1)'},
  'top-k': {value: 'N', about: 'only the N most likely symbols (all)'},
  'top-p': {value: 'X', about: 'only the most likely symbols that together have this probability (1)'},
  seed: {value: 'N', about: 'of the draws (1)'},
  beam: {value: 'N', about: 'search for the most likely texts, N kept at a time, in place of drawing'},
});

export const writeUsage = `Writes with a model that npm start has trained: samples of its distribution, or the most likely texts by beam search.

usage: npm run example:write -- [options]

${commandOptions.list}`;

/**
 * The options of a command line.
 *
 * @returns 'help' where --help is among them, whatever else is.
 * @throws UserError with exit code 2 where an option is unknown or its value ill-formed, or two do not go together.
 */
export function parseWriteOptions(commandLine: string[]): WriteOptions | 'help' {
  const all = commandOptions.read(commandLine);
  if (all === 'help') return 'help';
  const options: WriteOptions = {run: defaultOutput, prompt: 'the ', length: 80, streams: 5, seed: 1};
  for (const option of all) {
    const {name, value} = option;
    if (name === 'run') options.run = value;
    else if (name === 'prompt') options.prompt = value;
    else if (name === 'length') options.length = commandOptions.wholeNumber(option, 1, 1e6);
    else if (name === 'streams') options.streams = commandOptions.wholeNumber(option, 1, 1024);
    else if (name === 'temperature') options.temperature = commandOptions.positive(option);
    else if (name === 'top-k') options.topK = commandOptions.wholeNumber(option, 1, 1e6);
    else if (name === 'top-p') options.topP = commandOptions.positive(option);
    else if (name === 'seed') options.seed = commandOptions.wholeNumber(option, 0, 2 ** 31 - 1);
    else options.beam = commandOptions.wholeNumber(option, 1, 4096);
  }
  if (options.topP !== undefined && options.topP > 1) {
    throw commandOptions.wrong(`--top-p is ${options.topP}, expected a probability above 0, at most 1.`);
  }
  const ofDraws = (['temperature', 'topK', 'topP'] as const).find((name) => options[name] !== undefined);
  if (options.beam && ofDraws) {
    const named = {temperature: '--temperature', topK: '--top-k', topP: '--top-p'}[ofDraws];
    throw commandOptions.wrong(`--beam draws nothing: leave out ${named}.`);
  }
  return options;
}
