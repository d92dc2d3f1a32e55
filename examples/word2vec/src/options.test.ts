import path from 'node:path';
import {UserError} from '@gatefold/example-command-line';
import {expect, test} from 'vitest';
import {parseOptions, usage} from './options';

test('without options there are defaults', () => {
  expect(parseOptions([])).toEqual({
    output: expect.stringContaining('word2vec'),
    run: {
      corpus: 'state-of-the-union',
      minimumCount: 5,
      settings: {
        model: 'skipGram',
        loss: {kind: 'negativeSampling'},
        dimension: 100,
        window: 5,
        epochs: 10,
        seed: 1,
      },
    },
  });
});

test('takes what is given', () => {
  const line =
    '--model cbow --loss hierarchical-softmax --threads 1 --seed 0 --epochs=3 --corpus words.zip --dimension 20';
  expect(parseOptions(line.split(' '))).toMatchObject({
    threads: 1,
    run: {
      corpus: path.resolve('words.zip'),
      settings: {model: 'cbow', loss: {kind: 'hierarchicalSoftmax'}, dimension: 20, epochs: 3, seed: 0},
    },
  });
});

test('a backend has losses and a number of epochs of its own', () => {
  expect(parseOptions(['--backend', 'wasm', '--loss', 'sampled-softmax', '--threads', '2'])).toMatchObject({
    threads: 2,
    run: {backend: 'wasm', settings: {loss: {kind: 'sampledSoftmax'}, epochs: 3}},
  });
});

test('what is resumed has its own settings', () => {
  expect(parseOptions(['--resume', '--threads', '1', '--output', 'here'])).toEqual({
    run: undefined,
    threads: 1,
    output: 'here',
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
  [['--loss', 'sampled-softmax'], '--loss sampled-softmax needs a --backend'],
  [['--backend', 'cpu', '--loss', 'hierarchical-softmax'], '--loss hierarchical-softmax is not for a --backend'],
  [['--backend', 'tpu'], '--backend is "tpu", expected one of wasm, cpu'],
  [['--backend', 'cpu', '--threads', '2'], '--threads is not for --backend cpu'],
  [['--resume', '--epochs', '5'], "--epochs is the stopped run's own"],
  [['--output'], '--output'],
])('%j is an error that lists the options', (line, message) => {
  expect(() => parseOptions(line)).toThrow(UserError);
  expect(() => parseOptions(line)).toThrow(message);
  expect(() => parseOptions(line)).toThrow('--minimum-count N');
});
