import {UserError} from '@gatefold/example-command-line';
import {expect, it} from 'vitest';
import {parseOptions, usage} from './options';

const parse = (...words: string[]) => parseOptions(words);

it('reads every option', () => {
  expect(parse()).toMatchObject({steps: 800, backend: 'wasm', threads: 1, seed: 1, compare: false});
  expect(parse('--compare')).toMatchObject({steps: 4000, compare: true});
  expect(
    parse(
      ...'--steps 20 --backend cpu --threads 2 --seed 0 --output=here --compare'.split(' '),
      '--convert',
      'JAN 29 19',
    ),
  ).toEqual({
    ...{steps: 20, backend: 'cpu', threads: 2, seed: 0, output: 'here', compare: true, convert: 'JAN 29 19'},
  });
});

it('refuses what is ill-formed, and shows the help within one screen', () => {
  expect(() => parse('--steps', '0')).toThrow(UserError);
  expect(() => parse('--convert')).toThrow(/--convert has no value/);
  expect(parse('--help')).toBe('help');
  expect(usage.split('\n').length).toBeLessThan(25);
});
