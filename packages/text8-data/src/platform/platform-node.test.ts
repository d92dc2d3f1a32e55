import {spawnSync} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {platform} from './platform-node';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'platform-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

describe('readFile', () => {
  test('reads a file, and refuses a longer one than allowed', async () => {
    const file = path.join(folder, 'abc');
    await writeFile(file, 'abc');
    expect(await platform.readFile(file, {limit: 3})).toEqual(new TextEncoder().encode('abc'));
    await expect(platform.readFile(file, {limit: 2})).rejects.toThrow('3 bytes, more than the 2 allowed');
  });

  test('reads a pipe to its end, and a device without end no further than allowed', async () => {
    const pipe = path.join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const [bytes] = await Promise.all([platform.readFile(pipe, {limit: 10}), writeFile(pipe, 'abc')]);
    expect(new TextDecoder().decode(bytes)).toBe('abc');
    await expect(platform.readFile('/dev/zero', {limit: 1000})).rejects.toThrow('more than the 1000 bytes allowed');
  });

  test('names what is not there, and what is a folder', async () => {
    for (const name of [path.join(folder, 'nowhere'), folder]) {
      await expect(platform.readFile(name, {limit: 10})).rejects.toThrow(CorpusError);
      await expect(platform.readFile(name, {limit: 10})).rejects.toThrow(`${name} cannot be read`);
    }
  });

  test('stops at a signal', async () => {
    const reason = new Error('enough');
    const file = path.join(folder, 'abc');
    await writeFile(file, 'abc');
    await expect(platform.readFile(file, {limit: 10, signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
  });
});
