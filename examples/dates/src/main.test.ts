// The program as its user meets it: built, and started as a process of its own.
import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, it} from 'vitest';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let folder: string;

beforeAll(async () => {
  expect(existsSync(program), 'the example is not built: run "npm run build"').toBe(true);
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
});
afterAll(() => rm(folder, {recursive: true}));

/** Runs the program in the folder; `atStep0` is called once, when it has said so. */
function run(args: string[], atStep0?: (child: ChildProcess) => void) {
  const child = spawn(process.execPath, [program, ...args], {cwd: folder});
  const ended = {exitCode: null as number | null, screen: '', complaint: ''};
  child.stdout.on('data', (bytes) => {
    const before = ended.screen.includes('loss');
    ended.screen += bytes;
    if (!before && ended.screen.includes('loss')) atStep0?.(child);
  });
  child.stderr.on('data', (bytes) => {
    ended.complaint += bytes;
  });
  return new Promise<typeof ended>((resolve) => child.on('close', (exitCode) => resolve({...ended, exitCode})));
}

it('learns, leaves its files and figures, and converts a date', async () => {
  const {exitCode, screen, complaint} = await run(['--steps', '20', '--output', 'whole']);
  expect([exitCode, complaint]).toEqual([0, '']);
  expect(screen).toMatch(/JAN 29, 2019 → [\s\S]*MMM DD, YYYY +\d+\.\d\d %[\s\S]*all +\d+\.\d\d % exact/);
  expect((await readdir(path.join(folder, 'whole'))).sort()).toEqual([
    ...['attention.png', 'attention.svg', 'checkpoint', 'curves.png', 'curves.svg', 'result.json'],
  ]);
  const {history, heldOut} = JSON.parse(await readFile(path.join(folder, 'whole', 'result.json'), 'utf8'));
  expect(history.map(({step}: {step: number}) => step)).toEqual([0, 19]);
  expect(heldOut.pairs).toBe(23_738);
  const converted = await run(['--convert', 'jan 20 2019', '--output', 'whole']);
  expect(converted.screen).toMatch(/^[\d-]* {2}\(probability \d\.\d{4}\)\n$/);
});

it.skipIf(process.platform === 'win32')('keeps the model on Ctrl-C', async () => {
  const stopped = await run(['--steps', '100000', '--output', 'cut'], (child) => child.kill('SIGINT'));
  expect(stopped.exitCode).toBe(130);
  expect(stopped.screen).toContain('Stopped.');
  expect(await readdir(path.join(folder, 'cut'))).toEqual(['checkpoint']);
});

it('trains beside the stock model', async () => {
  const {exitCode, screen} = await run(['--compare', '--steps', '3']);
  expect(exitCode).toBe(0);
  expect(screen).toMatch(/^Gatefold stands at .* after 3 steps/m);
  expect(screen).toMatch(/^stock tf.layers stands at 0\.00 % after 3 steps/m);
});

it('refuses what cannot be done', async () => {
  const strange = await run(['--convert', 'JAN 29 @']);
  expect([strange.exitCode, strange.complaint]).toEqual([
    1,
    expect.stringContaining('"@" of "JAN 29 @" is in no format'),
  ]);
  expect((await run(['--convert', 'JAN 29', '--output', 'nowhere'])).complaint).toContain('There is no model in');
  expect((await run(['--stepz'])).exitCode).toBe(2);
});
