// The program as its user meets it: built, and started as a process of its own.
import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

let folder: string;

interface Ended {
  exitCode: number;
  screen: string;
  complaint: string;
}

function start(program: 'main' | 'write', args: string[]): Promise<Ended> {
  const file = fileURLToPath(new URL(`../dist/${program}.js`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], {cwd: folder}, (error, screen, complaint) =>
      resolve({exitCode: error ? Number(error.code) : 0, screen, complaint}),
    );
  });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
  const small = ['--steps', '20', '--hidden-size', '8'];
  for (const program of ['fused-gates', 'bigram', 'overlapping-bigram']) {
    const {exitCode, complaint} = await start('main', [...small, '--program', program, '--output', program]);
    expect(complaint).toBe('');
    expect(exitCode).toBe(0);
  }
}, 240_000);
afterAll(() => rm(folder, {recursive: true}));

describe.each(['fused-gates', 'bigram', 'overlapping-bigram'])('writing with a model of %s', (program) => {
  const write = (...args: string[]) =>
    start('write', ['--run', program, '--prompt', 'an ea', '--length', '12', ...args]);

  test('draws as many texts as asked for, the same for the same seed', async () => {
    const {screen, exitCode} = await write('--streams', '3', '--temperature', '0.9', '--top-p', '0.95');
    expect(exitCode).toBe(0);
    const texts = screen.trimEnd().split('\n');
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).toMatch(/^an e/);
    expect((await write('--streams', '3', '--temperature', '0.9', '--top-p', '0.95')).screen).toBe(screen);
    expect((await write('--streams', '3', '--seed', '2')).screen).not.toBe(screen);
  });

  test('finds the likeliest, with a beam wider than the vocabulary', async () => {
    const {screen} = await write('--beam', '800', '--streams', '2', '--length', '4');
    const [first, second] = screen.trimEnd().split('\n').map(Number.parseFloat);
    expect(first).toBeLessThan(0);
    expect(first).toBeGreaterThanOrEqual(second!);
  });
});

test('says where a model of pairs does not read the last character of a prompt', async () => {
  const odd = (program: string) =>
    start('write', ['--run', program, '--prompt', 'the', '--length', '4', '--streams', '1']);
  const {screen, complaint} = await odd('bigram');
  expect(complaint).toContain(
    '--prompt is "the": the model reads pairs, and goes on from before its last character, "e".',
  );
  expect(screen).toMatch(/^th.{4}\n$/);
  expect((await odd('overlapping-bigram')).complaint).toBe('');
});

test.each([
  [['--run', 'nowhere'], 'There is no checkpoint in nowhere', 1],
  [['--run', 'fused-gates', '--prompt', 'né'], '--prompt is "né": "é" at offset 1 is none of a to z and space', 2],
  [['--run', 'bigram', '--prompt', 'a'], 'too short for a model of pairs of characters', 2],
  [['--run', 'overlapping-bigram', '--prompt', 'a'], 'too short for a model of pairs of characters', 2],
  [['--temperature', '0'], 'expected a number above 0', 2],
])('%j is an error that says how to mend it', async (args, message, exitCode) => {
  const ended = await start('write', args);
  expect(ended.complaint).toContain(message);
  expect(ended.complaint).not.toContain('    at ');
  expect(ended).toMatchObject({exitCode, screen: ''});
});
