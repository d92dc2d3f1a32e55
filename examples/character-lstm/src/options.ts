import {parseArgs} from 'node:util';

/** What the command line asks for; what it leaves out comes from the checkpoint when resuming, else from `defaults`. */
export interface Options {
  steps?: number;
  hiddenSize?: number;
  seed?: number;
  corpus?: string;
  backend: string;
  output: string;
  resume: boolean;
  help: boolean;
}

export const defaults = {steps: 7001, hiddenSize: 64, seed: 1, corpus: 'state-of-the-union'} as const;

export const usage = `usage: npm start -- [options]

Trains the classic character LSTM and leaves a checkpoint, a report and figures.

  --steps N         training steps                                   (default ${defaults.steps})
  --hidden-size N   units of the LSTM layer                          (default ${defaults.hiddenSize})
  --backend NAME    wasm, cpu, webgl, webgpu or tensorflow           (default wasm)
  --seed N          of the initial weights and the samples           (default ${defaults.seed})
  --corpus WHAT     state-of-the-union, text8 (downloads 31 MB once),
                    or the path of a text or zip file                (default ${defaults.corpus})
  --output FOLDER   where the results go                             (default output/character-lstm)
  --resume          goes on from the checkpoint in the output folder
  --help            prints this
`;

/** The command line cannot be understood; the message says why, and is followed by the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError where an option is unknown or ill-formed. */
export function parseOptions(commandLine: string[]): Options {
  const {values} = parse(commandLine);
  return {
    steps: wholeNumber('--steps', values.steps, 1),
    hiddenSize: wholeNumber('--hidden-size', values['hidden-size'], 1),
    seed: wholeNumber('--seed', values.seed, 0),
    corpus: values.corpus,
    backend: values.backend,
    output: values.output,
    resume: values.resume,
    help: values.help,
  };
}

function parse(commandLine: string[]) {
  try {
    return parseArgs({
      args: commandLine,
      options: {
        steps: {type: 'string'},
        'hidden-size': {type: 'string'},
        backend: {type: 'string', default: 'wasm'},
        seed: {type: 'string'},
        corpus: {type: 'string'},
        output: {type: 'string', default: 'output/character-lstm'},
        resume: {type: 'boolean', default: false},
        help: {type: 'boolean', default: false},
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(option: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`${option} is "${value}", expected a whole number, ${least} or more.`);
  }
  return number;
}
