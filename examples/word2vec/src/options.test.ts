import {UserError} from '@gatefold/example-command-line';
import {expect, test} from 'vitest';
import {parseOptions, usage} from './options';

test('without options there are defaults', () => {
  expect(parseOptions([])).toEqual({
    corpus: 'state-of-the-union',
    output: expect.stringContaining('word2vec'),
    minimumCount: 5,
    settings: {
      model: 'skipGram',
      loss: {kind: 'negativeSampling'},
      dimension: 100,
      window: 5,
      epochs: 10,
      seed: 1,
    },
  });
});

test('takes what is given', () => {
  const line =
    '--model cbow --loss hierarchical-softmax --threads 1 --seed 0 --epochs=3 --corpus words.zip --dimension 20';
  expect(parseOptions(line.split(' '))).toMatchObject({
    corpus: 'words.zip',
    threads: 1,
    settings: {model: 'cbow', loss: {kind: 'hierarchicalSoftmax'}, dimension: 20, epochs: 3, seed: 0},
  });
});

test('--help shows every option', () => {
  expect(parseOptions(['--help'])).toBe('help');
  for (const name of ['--corpus', '--model', '--threads', '--minimum-count', '--output']) expect(usage).toContain(name);
});

test.each([
  [['--epochs', 'many'], '--epochs is "many", expected a whole number from 1'],
  [['--epochs', '0'], '--epochs is "0"'],
  [['--model', 'glove'], '--model is "glove", expected one of skip-gram, cbow'],
  [['--loss', 'constructor'], '--loss is "constructor"'],
  [['--speed', '3'], '--speed'],
  [['words.txt'], 'words.txt'],
  [['--output'], '--output'],
])('%j is an error that lists the options', (line, message) => {
  expect(() => parseOptions(line)).toThrow(UserError);
  expect(() => parseOptions(line)).toThrow(message);
  expect(() => parseOptions(line)).toThrow('--minimum-count N');
});
