import {execFileSync, spawnSync} from 'node:child_process';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import {readCheckpoint, writeCheckpoint} from './checkpoint-folder';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

function checkpoint(first: number, size = 1000): Checkpoint {
  return {
    kind: 'test',
    state: {step: 0.1 + 0.2, list: [1, null, 'two'], largest: Number.MAX_SAFE_INTEGER},
    tensors: {weights: {shape: [size], data: Float32Array.from({length: size}, (_, index) => first + index / 7)}},
  };
}

/** Whether this machine lets a test mount a file system of its own; on CI it must. */
const canMount =
  process.env.CI !== undefined || spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0;

const tensorsFile = async () => (await readdir(folder)).find((file) => file.endsWith('.safetensors'))!;

describe('a checkpoint folder', () => {
  test('gives back what was written, to the bit', async () => {
    await writeCheckpoint(folder, checkpoint(1));
    const read = await readCheckpoint(folder);
    expect({...read, tensors: {...read.tensors}}).toEqual(checkpoint(1));
  });

  test('is made where it is missing, and holds one checkpoint and nothing else', async () => {
    folder = path.join(folder, 'deep', 'down');
    for (const first of [1, 2, 3]) await writeCheckpoint(folder, checkpoint(first));
    expect((await readdir(folder)).sort()).toEqual(['checkpoint.json', await tensorsFile()]);
    expect((await readCheckpoint(folder)).tensors.weights!.data[0]).toBe(3);
  });

  test('leaves files of others alone', async () => {
    await writeFile(path.join(folder, 'notes.txt'), 'mine');
    await writeFile(path.join(folder, 'mine.safetensors'), 'mine');
    await writeCheckpoint(folder, checkpoint(1));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['notes.txt', 'mine.safetensors']));
  });

  test('cut at every kilobyte, and at every byte of its last one, is an error', async () => {
    await writeCheckpoint(folder, checkpoint(1, 3000));
    for (const name of ['checkpoint.json', await tensorsFile()]) {
      const file = path.join(folder, name);
      const whole = await readFile(file);
      const last = Array.from({length: 64}, (_, index) => whole.length - 2 - index);
      for (const length of [...Array(Math.ceil(whole.length / 1024)).keys()]
        .map((kilobyte) => kilobyte * 1024)
        .concat(last)) {
        await writeFile(file, whole.subarray(0, length));
        await expect(readCheckpoint(folder), `${name} of ${length} bytes`).rejects.toThrow(CheckpointError);
      }
      await writeFile(file, whole);
    }
    await expect(readCheckpoint(folder)).resolves.toBeDefined();
  });

  test('with one bit turned is an error that names the file', async () => {
    await writeCheckpoint(folder, checkpoint(1));
    const name = await tensorsFile();
    const bytes = await readFile(path.join(folder, name));
    bytes[bytes.length - 100]! ^= 1;
    await writeFile(path.join(folder, name), bytes);
    await expect(readCheckpoint(folder)).rejects.toThrow(name);
  });

  test('that is empty, of another program or of a later version is an error that says so', async () => {
    await expect(readCheckpoint(folder)).rejects.toThrow('no readable checkpoint.json');
    await expect(readCheckpoint(path.join(folder, 'nowhere'))).rejects.toThrow(CheckpointError);
    const description = path.join(folder, 'checkpoint.json');
    await writeFile(description, '{"format": "something-else"}');
    await expect(readCheckpoint(folder)).rejects.toThrow('not of a Gatefold checkpoint');
    await writeFile(description, '{"format": "gatefold-checkpoint", "version": 99}');
    await expect(readCheckpoint(folder)).rejects.toThrow('version 99, expected 1');
    await writeFile(description, '{"format": "gatefold-checkpoint", "version": 1, "kind": "x"}');
    await expect(readCheckpoint(folder)).rejects.toThrow('lacks a part');
  });

  test('cannot be led to read a file elsewhere', async () => {
    await writeCheckpoint(folder, checkpoint(1));
    const description = path.join(folder, 'checkpoint.json');
    const json = JSON.parse(await readFile(description, 'utf8'));
    json.tensors.file = '../../etc/passwd';
    await writeFile(description, JSON.stringify(json));
    await expect(readCheckpoint(folder)).rejects.toThrow('lacks a part');
  });

  test('that cannot be made is an error that names it', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const attempt = writeCheckpoint(path.join(file, 'checkpoint'), checkpoint(1));
    await expect(attempt).rejects.toThrow(CheckpointError);
    await expect(attempt).rejects.toThrow('could not be written');
  });

  test.skipIf(process.platform === 'win32')('on a full disk keeps the checkpoint that was there, and leaves no half files', async () => {
    // A file size limit of the operating system fails a write as a full disk does: part of it is written, then an error.
    const program = `
      import {writeCheckpoint} from ${JSON.stringify(path.resolve(import.meta.dirname, '../../dist/index.js'))};
      const data = new Float32Array(1 << 20);
      await writeCheckpoint(process.argv[1], {kind: 'test', state: {}, tensors: {weights: {shape: [data.length], data}}})
        .catch((error) => { console.log(error.name + ': ' + error.message); });`;
    await writeCheckpoint(folder, checkpoint(1));
    const before = (await readdir(folder)).sort();
    const limited = `trap '' XFSZ; ulimit -f 1024; exec "$0" --input-type=module -e "$1" "$2"`;
    const output = execFileSync('bash', ['-c', limited, process.execPath, program, folder], {encoding: 'utf8'});
    expect(output).toContain('CheckpointError: The checkpoint could not be written');
    expect((await readdir(folder)).sort()).toEqual(before);
    expect((await readCheckpoint(folder)).tensors.weights!.data[0]).toBe(1);
  });

  test.runIf(canMount)('on a full file system keeps the checkpoint that was there', async () => {
    const disk = path.join(folder, 'disk');
    await mkdir(disk);
    // A private mount namespace needs no rights over the machine's own file systems.
    const program = `
      import {readdirSync} from 'node:fs';
      import {readCheckpoint, writeCheckpoint} from ${JSON.stringify(path.resolve(import.meta.dirname, '../../dist/index.js'))};
      const checkpoint = (size) => ({kind: 'test', state: {}, tensors: {weights: {shape: [size], data: new Float32Array(size).fill(size)}}});
      const folder = process.argv[1] + '/checkpoint';
      await writeCheckpoint(folder, checkpoint(10));
      const error = await writeCheckpoint(folder, checkpoint(1 << 20)).catch((error) => error);
      console.log(error.name, error.message, (await readCheckpoint(folder)).tensors.weights.data[0], readdirSync(folder).length);`;
    const mounted = `mount -t tmpfs -o size=1m none "$2" && exec "$0" --input-type=module -e "$1" "$2"`;
    const output = execFileSync(
      'unshare',
      ['--mount', '--map-root-user', 'bash', '-c', mounted, process.execPath, program, disk],
      {
        encoding: 'utf8',
      },
    );
    expect(output).toContain('CheckpointError');
    expect(output).toContain('ENOSPC');
    expect(output.trim().endsWith('10 2')).toBe(true);
  });

  test('takes about its own size on disk', async () => {
    await writeCheckpoint(folder, checkpoint(1, 100_000));
    expect((await stat(path.join(folder, await tensorsFile()))).size).toBeLessThan(400_000 + 500);
  });
});
