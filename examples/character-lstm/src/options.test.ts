import path from 'node:path';
import {UserError} from '@gatefold/example-command-line';
import {describe, expect, it} from 'vitest';
import {defaultOutput, type Options, parseOptions, settingsOf, usage} from './options';

const parse = (line: string) => parseOptions(line.split(' ').filter((word) => word !== '')) as Options;

function errorOf(line: string): UserError {
  try {
    parse(line);
  } catch (error) {
    return error as UserError;
  }
  throw new Error(`"${line}" was accepted`);
}

describe('parseOptions', () => {
  it('gives nothing but defaults for an empty line', () => {
    expect(parse('')).toEqual({given: {}, output: defaultOutput, resume: false, threads: 1, tensorBoard: false});
  });

  it('reads every option, in both spellings', () => {
    expect(
      parse(
        '--program bigram --steps 20 --hidden-size=8 --optimizer adamw --learning-rate 2e-3 --schedule cosine --warm-up 7 --threads 2 --early-stopping 5 --tensorboard ' +
          '--backend cpu --seed 0 --corpus text8 --output=here --resume',
      ),
    ).toEqual({
      given: {
        ...{program: 'bigram', steps: 20, hiddenSize: 8, backend: 'cpu', seed: 0, corpus: 'text8'},
        ...{optimizer: 'adamw', learningRate: 0.002, schedule: 'cosine', warmUp: 7, earlyStopping: 5},
      },
      ...{threads: 2, tensorBoard: true},
      output: 'here',
      resume: true,
    });
  });

  it('takes a corpus that is no name for a path, and makes it whole', () => {
    expect(parse('--corpus novel.txt').given.corpus).toBe(path.resolve('novel.txt'));
    expect(parse('--corpus ./text8').given.corpus).toBe(path.resolve('text8'));
  });

  it.each(['--help', '-h', '--steps nonsense --help'])('shows the help for %s', (line) => {
    expect(parseOptions(line.split(' '))).toBe('help');
  });

  it.each([
    ['--stepz 5', /--stepz is no option/],
    ['-x', /-x is no option/],
    ['--constructor 5', /--constructor is no option/],
    ['--steps', /--steps has no value, expected --steps N/],
    ['--steps=', /--steps has no value/],
    ['--steps 0', /--steps is "0", expected a whole number from 1/],
    ['--steps -5', /--steps is "-5"/],
    ['--steps 1e3', /--steps is "1e3"/],
    ['--steps 99999999999', /--steps is "99999999999"/],
    ['--hidden-size 2.5', /--hidden-size is "2.5"/],
    ['--optimizer best', /--optimizer is "best", expected one of sgd, momentum, adagrad, adam, adamw/],
    ['--learning-rate -1', /--learning-rate is "-1", expected a number above 0/],
    ['--learning-rate 0', /--learning-rate is "0"/],
    ['--schedule never', /--schedule is "never", expected one of constant, step, exponential, cosine, plateau/],
    ['--warm-up -1', /--warm-up is "-1", expected a whole number from 0/],
    ['--threads 0', /--threads is "0", expected a whole number from 1/],
    ['--early-stopping 0', /--early-stopping is "0"/],
    ['--tensorboard=here', /--tensorboard was given "here", and takes no value/],
    ['--seed 4294967296', /--seed is "4294967296", expected a whole number from 0 to 4294967295/],
    ['--backend abacus', /--backend is "abacus", expected one of wasm, cpu/],
    ['--program skip-gram', /--program is "skip-gram", expected one of fused-gates, four-gates/],
    ['--output --resume', /--output has no value/],
    ['--resume=yes', /--resume was given "yes", and takes no value/],
    ['100', /"100" stands alone.*npm start -- --steps 100/],
  ])('refuses %s', (line, message) => {
    const error = errorOf(line);
    expect(error).toBeInstanceOf(UserError);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
  });

  it('keeps the help and every complaint within one screen', () => {
    for (const text of [usage, errorOf('--stepz').message]) expect(text.split('\n').length).toBeLessThan(32);
  });
});

describe('settingsOf', () => {
  it('takes what is not given from the program', () => {
    expect(settingsOf({program: 'text8-small', seed: 7})).toMatchObject({
      ...{hiddenSize: 512, steps: 5000, optimizer: 'adamw', schedule: 'cosine', seed: 7},
    });
  });

  it('warms up for a cosine, or for as long as told', () => {
    expect(settingsOf({}).warmUp).toBe(0);
    expect(settingsOf({program: 'text8-small'}).warmUp).toBe(100);
    expect(settingsOf({schedule: 'cosine', steps: 95}).warmUp).toBe(10);
    expect(settingsOf({schedule: 'cosine', warmUp: 0}).warmUp).toBe(0);
  });

  it('takes a learning rate that suits the optimizer, unless one is given', () => {
    expect(settingsOf({}).learningRate).toBe(10);
    expect(settingsOf({optimizer: 'adam'}).learningRate).toBe(0.002);
    expect(settingsOf({optimizer: 'adam', learningRate: 0.01}).learningRate).toBe(0.01);
  });
});
