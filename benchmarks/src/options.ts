import {parseArgs} from 'node:util';

export interface Options {
  names: string[];
  backend?: string;
  seconds: number;
  seed: number;
  json: boolean;
  peers: boolean;
  /** Scores of vectors in place of times. */
  quality: boolean;
  /** Texts to train on for them. */
  corpus: string[];
  /** The folder of the sets that score them. */
  evaluation?: string;
  /** Ours alone, one of the two; both unless told. */
  way?: 'parallel' | 'minibatch';
  /** How many trainings a score is the mean of. */
  seeds: number;
  epochs?: number;
  help: boolean;
}

/** @throws Error where an option is unknown or ill-formed. */
export function parseOptions(commandLine: string[]): Options {
  const {values, positionals} = parseArgs({
    args: commandLine,
    allowPositionals: true,
    options: {
      backend: {type: 'string'},
      seconds: {type: 'string', default: '10'},
      seed: {type: 'string', default: '1'},
      json: {type: 'boolean', default: false},
      peers: {type: 'boolean', default: false},
      quality: {type: 'boolean', default: false},
      corpus: {type: 'string', multiple: true, default: []},
      evaluation: {type: 'string'},
      way: {type: 'string'},
      seeds: {type: 'string', default: '3'},
      epochs: {type: 'string'},
      help: {type: 'boolean', default: false},
    },
  });
  const number = (name: 'seconds' | 'seed') => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} is "${values[name]}", expected a number.`);
    return value;
  };
  const whole = (name: 'seeds' | 'epochs') => {
    if (/^[1-9]\d*$/.test(values[name]!)) return Number(values[name]);
    throw new Error(`--${name} is "${values[name]}", expected a whole number from 1.`);
  };
  const {way} = values;
  if (way !== undefined && way !== 'parallel' && way !== 'minibatch') {
    throw new Error(`--way is "${way}", expected parallel or minibatch.`);
  }
  return {
    ...values,
    way,
    names: positionals,
    seconds: number('seconds'),
    seed: number('seed'),
    seeds: whole('seeds'),
    epochs: values.epochs === undefined ? undefined : whole('epochs'),
  };
}
