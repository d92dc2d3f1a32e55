import {UserError} from '@gatefold/example-command-line';
import {expect, test} from 'vitest';
import {parseOptions} from './options';

const parse = (line: string) => parseOptions(line.split(' ').filter((word) => word !== ''));

test('reads every option', () => {
  expect(parse('')).toEqual({steps: 3501, backend: 'wasm', seed: 1});
  expect(parse('--steps 20 --backend=cpu --seed 0')).toEqual({steps: 20, backend: 'cpu', seed: 0});
  expect(parse('--steps 0 --help')).toBe('help');
});

test.each([
  ['--stepz 5', '--stepz is no option of this program'],
  ['--steps 0', '--steps is "0", expected a whole number from 1'],
  ['--backend abacus', '--backend is "abacus", expected one of wasm, cpu'],
])('refuses %s', (line, message) => {
  expect(() => parse(line)).toThrow(UserError);
  expect(() => parse(line)).toThrow(message);
});
