import {expect, test} from 'vitest';
import {parseWriteOptions} from './write-options';

test('without options, five texts of 80 characters from "the "', () => {
  expect(parseWriteOptions([])).toEqual({
    run: 'output/character-lstm',
    prompt: 'the ',
    length: 80,
    streams: 5,
    seed: 1,
  });
});

test('takes each option', () => {
  const line = '--run a --prompt b --length 9 --streams 2 --temperature 0.5 --top-k 3 --top-p 0.9 --seed 0';
  expect(parseWriteOptions(line.split(' '))).toEqual({
    ...{run: 'a', prompt: 'b', length: 9, streams: 2, temperature: 0.5, topK: 3, topP: 0.9, seed: 0},
  });
  expect(parseWriteOptions(['--beam', '40'])).toMatchObject({beam: 40});
  expect(parseWriteOptions(['--beam', '40', '--help'])).toBe('help');
});

test.each([
  ['--temperature 0', '--temperature is "0", expected a number above 0'],
  ['--temperature -1', 'expected a number above 0'],
  ['--top-p 1.5', '--top-p is 1.5, expected a probability'],
  ['--top-k 0', '--top-k is "0", expected a whole number from 1'],
  ['--length 0', '--length is "0"'],
  ['--beam 4 --top-p 0.5', '--beam draws nothing: leave out --top-p'],
  ['--nonsense', '--nonsense is no option'],
])('refuses %s', (line, message) => {
  expect(() => parseWriteOptions(line.split(' '))).toThrow(message);
});
