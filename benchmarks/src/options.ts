import {parseArgs} from 'node:util';

export interface Options {
  names: string[];
  backend?: string;
  seconds: number;
  seed: number;
  json: boolean;
  peers: boolean;
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
      help: {type: 'boolean', default: false},
    },
  });
  const number = (name: 'seconds' | 'seed') => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} is "${values[name]}", expected a number.`);
    return value;
  };
  return {...values, names: positionals, seconds: number('seconds'), seed: number('seed')};
}
