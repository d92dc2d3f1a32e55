import {describe, expect, it} from 'vitest';
import {defaults, parseOptions, usage} from './options';
import {UserError} from './user-error';

const parse = (line: string) => parseOptions(line.split(' ').filter((word) => word !== ''));

describe('parseOptions', () => {
  it('gives the defaults for an empty line', () => {
    expect(parse('')).toEqual(defaults);
  });

  it('reads every option, in both spellings', () => {
    const line =
      '--corpus=novel.txt --model cbow --loss hierarchical-softmax --threads 2 --epochs 3 --dimension=8 --seed 0 --output here';
    expect(parse(line)).toEqual({
      corpus: 'novel.txt',
      output: 'here',
      threads: 2,
      settings: {model: 'cbow', loss: {kind: 'hierarchicalSoftmax'}, epochs: 3, dimension: 8, seed: 0},
    });
    expect(parse('')).toEqual(defaults); // which that line left alone
  });

  it.each(['--help', '-h', '--epochs nonsense --help'])('shows the help for %s', (line) => {
    expect(parse(line)).toBe('help');
  });

  it.each([
    ['--epoch 5', /--epoch is no option/],
    ['--constructor 5', /--constructor is no option/],
    ['--epochs', /--epochs has no value, expected --epochs N/],
    ['--output --seed 1', /--output has no value/],
    ['--epochs 0', /--epochs is "0", expected a whole number from 1 to 1000/],
    ['--dimension 2.5', /--dimension is "2.5"/],
    ['--seed 4294967296', /--seed is "4294967296"/],
    ['--model glove', /--model is "glove", expected one of skip-gram, cbow/],
    ['--loss toString', /--loss is "toString", expected one of negative-sampling, hierarchical-softmax/],
    ['100', /"100" stands alone/],
  ])('refuses %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
    expect(() => parse(line)).toThrow(expect.objectContaining({exitCode: 2}));
    expect(() => parse(line)).toThrow(UserError);
  });

  it('keeps the help within one screen', () => {
    expect(usage.split('\n').length).toBeLessThan(24);
  });
});
