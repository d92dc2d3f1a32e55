import path from 'node:path';
import {UserError} from '@gatefold/example-command-line';
import {describe, expect, it} from 'vitest';
import {defaultOutput, parseOptions, usage} from './options';
import {settingsOf} from './settings';

const parse = (line: string) => parseOptions(line.split(' ').filter((word) => word !== ''));

describe('parseOptions', () => {
  it('gives nothing but defaults for an empty line', () => {
    expect(parse('')).toEqual({given: {}, output: defaultOutput, resume: false, threads: 1});
  });

  it('reads every option', () => {
    const line =
      '--preset classic --steps 20 --backend cpu --threads 2 --seed 0 --corpus novel.txt --output=here --resume';
    expect(parse(line)).toEqual({
      given: {preset: 'classic', steps: 20, backend: 'cpu', seed: 0, corpus: path.resolve('novel.txt')},
      ...{output: 'here', resume: true, threads: 2},
    });
  });

  it.each([
    ['--preset large', /--preset is "large", expected one of small, classic/],
    ['--steps 0', /--steps is "0"/],
    ['--stepz 5', /--stepz is no option/],
    ['100', /"100" stands alone.*npm run example:reverse-words -- --steps 100/],
  ])('refuses %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
    expect(() => parse(line)).toThrow(UserError);
  });

  it('shows the help, within one screen', () => {
    expect(parse('--help')).toBe('help');
    expect(usage.split('\n').length).toBeLessThan(25);
  });
});

it("settingsOf fills in the preset's steps", () => {
  expect(settingsOf({}).steps).toBe(1000);
  expect(settingsOf({preset: 'classic'}).steps).toBe(30_001);
  expect(settingsOf({preset: 'classic', steps: 5}).steps).toBe(5);
});
