// The program as its user meets it: built, and started as a process of its own.
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {decodeVectorsSafetensors, decodeWord2VecBinary} from '@gatefold/word2vec';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const small = ['--corpus', 'made-up.txt', '--dimension', '8', '--threads', '1', '--output', 'here'];
let folder: string;

beforeAll(async () => {
  expect(existsSync(program), 'the example is not built: run "npm run build"').toBe(true);
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
  const words = Array.from(
    {length: 20_000},
    (_, index) => `w${'abcdefghijklmnopqrst'[(index * index + 7 * (index >> 3)) % 20]}`,
  );
  await writeFile(path.join(folder, 'made-up.txt'), words.join(' '));
  await writeFile(path.join(folder, 'short.txt'), 'too short a text');
});
afterAll(() => rm(folder, {recursive: true}));

/** Runs the program in the folder; a text on its screen may be answered by Ctrl-C. */
function run(args: string[], stopAt?: string): Promise<{exitCode: number | null; screen: string; complaint: string}> {
  const child = spawn(process.execPath, [program, ...args], {cwd: folder});
  let [screen, complaint] = ['', ''];
  let stopped = false;
  child.stdout.on('data', (bytes) => {
    screen += bytes;
    if (stopAt && !stopped && screen.includes(stopAt)) {
      stopped = true;
      child.kill('SIGINT');
    }
  });
  child.stderr.on('data', (bytes) => {
    complaint += bytes;
  });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({exitCode, screen, complaint})));
}

const bytesOf = async (name: string) => new Uint8Array(await readFile(path.join(folder, 'here', name)));

describe('the example', () => {
  it('leaves the same vectors in two formats, a table and the map', async () => {
    const {exitCode, screen, complaint} = await run([...small, '--epochs', '3']);
    expect([exitCode, complaint]).toEqual([0, '']);
    expect(screen).toMatch(/100\.0 % +\d+ k words\/s +loss \d/);
    const binary = decodeWord2VecBinary(await bytesOf('vectors.bin'));
    expect([binary.size, binary.dimension]).toEqual([20, 8]);
    expect(decodeVectorsSafetensors(await bytesOf('vectors.safetensors'))).toEqual(binary);
    const table = await readFile(path.join(folder, 'here', 'neighbours.txt'), 'utf8');
    expect(table.trimEnd().split('\n')).toHaveLength(12);
    expect(screen).toContain(table);
    expect((await bytesOf('map.png')).slice(1, 4)).toEqual(new TextEncoder().encode('PNG'));
    expect((await readdir(path.join(folder, 'here'))).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('stops at Ctrl-C and writes what there is', async () => {
    const {exitCode, screen} = await run([...small, '--epochs', '1000', '--dimension', '400'], 'words/s');
    expect(exitCode).toBe(130);
    expect(screen).toContain('Stopped after');
    expect(decodeWord2VecBinary(await bytesOf('vectors.bin')).dimension).toBe(400);
  });

  it.each([[['--epochs', '1000']], [['--epochs', '60', '--backend', 'wasm']]])(
    'goes on after Ctrl-C, %j, and not when it is done',
    async (way) => {
      const output = ['--output', `resumed${way.length}`];
      const line = [...small.slice(0, -2), ...output, ...way, '--dimension', '200'];
      const first = await run(line, 'words/s');
      expect([first.exitCode, first.complaint]).toEqual([130, '']);
      const share = (screen: string) => Number(/(\d+\.\d) %/.exec(screen)![1]);
      const second = await run(['--resume', '--threads', '1', ...output]);
      expect([second.exitCode, second.complaint]).toEqual([0, '']);
      expect(share(second.screen)).toBeGreaterThan(share(first.screen));
      expect(second.screen).toContain('100.0 %');
      const third = await run(['--resume', ...output]);
      expect([third.exitCode, third.complaint]).toEqual([1, expect.stringContaining('no run in resumed')]);
    },
  );

  it.each([
    [['--epochs', 'many'], 2, /--epochs is "many"/],
    [['--corpus', 'nowhere.txt'], 1, /nowhere\.txt/],
    [['--corpus', 'short.txt'], 1, /minimum/],
    [['--output', 'made-up.txt/x'], 1, /cannot be written.*--output/],
  ])('says in a sentence what is wrong with %s', async (args, code, message) => {
    const {exitCode, complaint} = await run(args);
    expect(exitCode).toBe(code);
    expect(complaint).toMatch(message);
    expect(complaint).not.toMatch(/^\s+at /m);
  });
});
