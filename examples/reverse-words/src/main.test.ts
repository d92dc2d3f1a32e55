// The program as its user meets it: built, and started as a process of its own.
import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {readCheckpoint} from '@gatefold/training';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Result} from './result';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let folder: string;

beforeAll(async () => {
  expect(existsSync(program), 'the example is not built: run "npm run build"').toBe(true);
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
  const words = 'the gate opens and the cell remembers what it forgets is lost to the sequence'.split(' ');
  const text = Array.from({length: 600}, (_, index) => words[(index * index + 7 * index) % words.length]);
  await writeFile(path.join(folder, 'made-up.txt'), text.join(' '));
});
afterAll(() => rm(folder, {recursive: true}));

/** Runs the program in the folder; `atStep0` is called once, when it has said so. */
function run(args: string[], atStep0?: (child: ChildProcess) => void) {
  const environment = {...process.env, npm_lifecycle_event: undefined}; // as if started by itself
  const child = spawn(process.execPath, [program, ...args], {cwd: folder, env: environment});
  const ended = {exitCode: null as number | null, screen: '', complaint: ''};
  child.stdout.on('data', (bytes) => {
    const before = ended.screen.includes('step  0');
    ended.screen += bytes;
    if (!before && ended.screen.includes('step  0')) atStep0?.(child);
  });
  child.stderr.on('data', (bytes) => {
    ended.complaint += bytes;
  });
  return new Promise<typeof ended>((resolve) => child.on('close', (exitCode) => resolve({...ended, exitCode})));
}

const small = ['--corpus', 'made-up.txt', '--steps', '12'];

async function resultIn(output: string): Promise<Result> {
  return JSON.parse(await readFile(path.join(folder, output, 'result.json'), 'utf8'));
}

/** All that must be the same whether or not a run was interrupted: everything but how long it took. */
async function numbersIn(output: string): Promise<unknown> {
  const {seconds: _, ...result} = await resultIn(output);
  const {state, tensors} = await readCheckpoint(path.join(folder, output, 'checkpoint'));
  return {result, tensors, training: state.training};
}

describe('a run', () => {
  it('learns, and leaves its files and its figures', async () => {
    const {exitCode, screen, complaint} = await run([...small, '--output', 'whole']);
    expect(complaint).toBe('');
    expect(exitCode).toBe(0);
    expect((await readdir(path.join(folder, 'whole'))).sort()).toEqual([
      ...['attention.png', 'attention.svg', 'checkpoint', 'curves.png', 'curves.svg', 'result.json'],
    ]);
    const result = await resultIn('whole');
    expect(result).toMatchObject({preset: 'small', steps: 12, seed: 1, backend: 'wasm', corpus: 'made-up.txt'});
    expect(result.history.map(({step}) => step)).toEqual([0, 11]);
    expect(result.history[1]!.loss).toBeLessThan(result.history[0]!.loss);
    expect(result.heldOut.windows).toBeGreaterThan(10);
    expect(result.heldOut.words).toBeGreaterThan(2 * result.heldOut.windows);
    expect(result.heldOut.wordsRight).toBeLessThan(0.5);
    expect(screen).toContain('the quick brown fox → ');
    expect(screen).toMatch(/held-out text: \d+\.\d\d % of [\d,]+ words turned right/);
  });

  it.skipIf(process.platform === 'win32')(
    'is kept on Ctrl-C, and resumes to the same numbers, bit for bit',
    async () => {
      const stopped = await run([...small, '--output', 'cut'], (child) => child.kill('SIGINT'));
      expect(stopped.exitCode).toBe(130);
      expect(stopped.screen).toMatch(/Stopped after \d+ of 12 steps\. To go on:\n\n {2}node .*--resume --output cut/);
      expect(await readdir(path.join(folder, 'cut'))).toEqual(['checkpoint']);
      const resumed = await run(['--resume', '--output', 'cut']);
      expect(resumed.screen).toMatch(/^Going on after \d+ steps\.$/m);
      expect(await numbersIn('cut')).toEqual(await numbersIn('whole'));
    },
  );

  it('that has finished says so; one that is not there, or another, is not resumed', async () => {
    expect((await run(['--resume', '--output', 'whole'])).screen).toContain('has done all its steps');
    const other = await run(['--resume', '--seed', '2', '--output', 'whole']);
    expect([other.exitCode, other.complaint]).toEqual([
      1,
      expect.stringContaining('--seed is 2, but the run to resume has 1'),
    ]);
    expect((await run(['--resume', '--output', 'nowhere'])).complaint).toContain('There is no run to resume');
  });
});

it('takes a step of the classic preset', async () => {
  const {exitCode, complaint} = await run([
    ...['--corpus', 'made-up.txt', '--preset', 'classic', '--steps', '1', '--output', 'classic'],
  ]);
  expect([exitCode, complaint]).toEqual([0, '']);
  expect((await resultIn('classic')).settings).toMatchObject({hiddenSizes: [256, 256, 256, 256], optimizer: 'sgd'});
});

it('refuses what cannot be done, with the options where the command line is at fault', async () => {
  const wrong = await run(['--stepz', '5']);
  expect([wrong.exitCode, wrong.complaint]).toEqual([2, expect.stringMatching(/^--stepz is no option[\s\S]*--preset/)]);
  expect((await run(['--help'])).screen).toContain('--preset NAME');
  await writeFile(path.join(folder, 'short.txt'), 'too short');
  const short = await run(['--corpus', 'short.txt', '--output', 'none']);
  expect([short.exitCode, short.complaint]).toEqual([1, expect.stringContaining('short.txt has 9 characters')]);
});
