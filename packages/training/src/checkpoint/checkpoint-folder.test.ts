import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {build} from 'esbuild';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import {readCheckpoint, writeCheckpoint} from './checkpoint-folder';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

/** The sources under test as one module, for the tests that need a process of their own. */
let bundle: string;
beforeAll(async () => {
  bundle = path.join(await mkdtemp(path.join(os.tmpdir(), 'checkpoint-bundle-')), 'checkpoint-folder.mjs');
  await bundleFor('node', bundle);
});
afterAll(() => rm(path.dirname(bundle), {recursive: true, force: true}));

function bundleFor(platform: 'node' | 'browser', outfile: string) {
  const source = (name: string) => path.join(import.meta.dirname, `${name}.ts`);
  return build({
    entryPoints: [source('checkpoint-folder')],
    alias: {'#checkpoint-files': source(`checkpoint-files-${platform}`)},
    bundle: true,
    format: 'esm',
    platform,
    outfile,
    metafile: true,
    logLevel: 'silent',
  });
}

/** A program over the sources under test; it finds the folder to work on in `folder`. */
const program = (body: string) => `
  import {readdirSync} from 'node:fs';
  import {readCheckpoint, writeCheckpoint} from ${JSON.stringify(bundle)};
  const folder = process.argv[1];
  const checkpoint = (first, size, text = '') => ({
    kind: 'test',
    state: {first, text},
    tensors: {weights: {shape: [size], data: new Float32Array(size).fill(first)}},
  });
  ${body}`;

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

  test('keeps numbers of its state exactly', async () => {
    const numbers = [0.1, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, -(2 ** 60), 1e21, 1 / 3];
    const state = {numbers, seed: '18446744073709551615', text: 'ü\u2028\ud800', absent: undefined, ['__proto__']: 1};
    await writeCheckpoint(folder, {kind: 'test', state, tensors: {}});
    const read = (await readCheckpoint(folder)).state;
    expect(read.numbers).toEqual(numbers);
    expect(Object.keys(read)).toEqual(['numbers', 'seed', 'text', '__proto__']);
    expect(read.text).toBe(state.text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d in its state, and keeps what was there',
    async (loss) => {
      await writeCheckpoint(folder, checkpoint(1));
      const attempt = writeCheckpoint(folder, {...checkpoint(2), state: {history: [{loss}]}});
      await expect(attempt).rejects.toThrow(`loss is ${loss}, which JSON cannot hold`);
      expect((await readCheckpoint(folder)).tensors.weights!.data[0]).toBe(1);
    },
  );

  test('is what was given at the call, whatever becomes of the arrays and whichever calls are awaited', async () => {
    const weights = new Float32Array(1000);
    const writes = [1, 2, 3, 4, 5].map((step) => {
      const write = writeCheckpoint(folder, {
        kind: 'test',
        state: {step},
        tensors: {weights: {shape: [1000], data: weights.fill(step)}},
      });
      weights.fill(-1);
      return write;
    });
    const read = await readCheckpoint(folder);
    expect([read.state.step, read.tensors.weights!.data[999]]).toEqual([5, 5]);
    await Promise.all(writes);
    expect(await readdir(folder)).toHaveLength(2);
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
    await writeFile(path.join(folder, 'mine.unfinished'), 'mine');
    await writeCheckpoint(folder, checkpoint(1));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['notes.txt', 'mine.safetensors', 'mine.unfinished']));
  });

  test('cut at every kilobyte, and at every byte of its last one, is an error', async () => {
    const history = Array.from({length: 500}, (_, step) => ({step, loss: 1 / (step + 1)}));
    await writeCheckpoint(folder, {...checkpoint(1, 3000), state: {history}});
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
    for (const at of [0, 8, 50, bytes.length - 100, bytes.length - 1]) {
      const turned = Buffer.from(bytes);
      turned[at]! ^= 1;
      await writeFile(path.join(folder, name), turned);
      await expect(readCheckpoint(folder), `byte ${at}`).rejects.toThrow(name);
    }
  });

  test('with any byte of checkpoint.json changed is an error or the same checkpoint, never another', async () => {
    await writeCheckpoint(folder, checkpoint(1, 10));
    const file = path.join(folder, 'checkpoint.json');
    const bytes = await readFile(file);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await writeFile(file, changed);
      const outcome = await readCheckpoint(folder).catch((error: unknown) => error);
      if (!CheckpointError.isInstance(outcome)) expect(outcome, `byte ${at}`).toEqual(checkpoint(1, 10));
    }
    await writeFile(file, bytes.toString().replace('0.30000000000000004', '0.3'));
    await expect(readCheckpoint(folder)).rejects.toThrow('checkpoint.json in');
    await writeFile(file, JSON.stringify(JSON.parse(bytes.toString())));
    await expect(readCheckpoint(folder), 'laid out otherwise').resolves.toBeDefined();
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

  test('is not named before its tensors have their name', async () => {
    await writeCheckpoint(folder, checkpoint(2));
    const inTheWay = await tensorsFile();
    await writeCheckpoint(folder, checkpoint(1));
    await mkdir(path.join(folder, inTheWay));
    await expect(writeCheckpoint(folder, checkpoint(2))).rejects.toThrow('What was there before is untouched');
    expect((await readCheckpoint(folder)).tensors.weights!.data[0]).toBe(1);
  });

  test.skipIf(process.platform === 'win32')(
    'whose writer is killed at any moment is one whole checkpoint',
    async () => {
      // Ever more tensors and ever longer text, the two of one checkpoint told apart from those of another.
      const endless = program(`
      for (let first = 1; ; first++) {
        await writeCheckpoint(folder, checkpoint(first, 100_000, 'x'.repeat(100_000)));
        if (first === 1) console.log('begun');
      }`);
      for (const milliseconds of [0, 3, 7, 12, 20, 31]) {
        const writer = spawn(process.execPath, ['--input-type=module', '-e', endless, folder]);
        await once(writer.stdout, 'data');
        await setTimeout(milliseconds);
        writer.kill('SIGKILL');
        await once(writer, 'exit');
        const {state, tensors} = await readCheckpoint(folder);
        expect(tensors.weights!.data.every((value) => value === state.first)).toBe(true);
        await writeCheckpoint(folder, checkpoint(1));
        expect(await readdir(folder), 'what the killed writer left').toHaveLength(2);
      }
    },
  );

  test.skipIf(process.platform === 'win32').each([
    ['tensors', 1 << 20, 0],
    ['state', 10, 1 << 22],
  ])('whose %s would overfill the disk leaves the one that was there, and nothing else', async (_, size, length) => {
    // A file size limit of the operating system fails a write as a full disk does: part of it is written, then an error.
    await writeCheckpoint(folder, checkpoint(1));
    const before = (await readdir(folder)).sort();
    const limited = `trap '' XFSZ; ulimit -f 1024; exec "$0" --input-type=module -e "$1" "$2"`;
    const attempt = program(`
      await writeCheckpoint(folder, checkpoint(2, ${size}, 'x'.repeat(${length})))
        .catch((error) => console.log(error.name + ': ' + error.message));`);
    const output = execFileSync('bash', ['-c', limited, process.execPath, attempt, folder], {encoding: 'utf8'});
    expect(output).toContain('CheckpointError: The checkpoint could not be written');
    expect((await readdir(folder)).sort()).toEqual(before);
    expect((await readCheckpoint(folder)).tensors.weights!.data[0]).toBe(1);
  });

  test.runIf(canMount)('on a full or read-only file system keeps the checkpoint that was there', async () => {
    const disk = path.join(folder, 'disk');
    await mkdir(disk);
    const attempts = program(`
      import {execFileSync} from 'node:child_process';
      const inside = folder + '/checkpoint';
      await writeCheckpoint(inside, checkpoint(10, 10));
      const before = readdirSync(inside).sort().join();
      const report = async (size, length) => {
        const error = await writeCheckpoint(inside, checkpoint(20, size, 'x'.repeat(length))).catch((error) => error);
        const {state, tensors} = await readCheckpoint(inside);
        const same = readdirSync(inside).sort().join() === before && state.first === 10 && tensors.weights.data[0] === 10;
        console.log(error?.name, error?.cause?.code, same);
      };
      await report(1 << 20, 0);
      await report(150_000, 600_000); // either has room, both together have none
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      await report(1, 0);`);
    // A private mount namespace needs no rights over the machine's own file systems.
    const mounted = `mount -t tmpfs -o size=1m none "$2" && exec "$0" --input-type=module -e "$1" "$2"`;
    const output = execFileSync(
      'unshare',
      ['--mount', '--map-root-user', 'bash', '-c', mounted, process.execPath, attempts, disk],
      {encoding: 'utf8'},
    );
    expect(output.trim().split('\n')).toEqual([
      'CheckpointError ENOSPC true',
      'CheckpointError ENOSPC true',
      'CheckpointError EROFS true',
    ]);
  });

  test('takes about its own size on disk', async () => {
    await writeCheckpoint(folder, checkpoint(1, 100_000));
    expect((await stat(path.join(folder, await tensorsFile()))).size).toBeLessThan(400_000 + 500);
  });

  test('in a page needs nothing of Node', async () => {
    const {metafile} = await bundleFor('browser', path.join(folder, 'page.mjs'));
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports).toEqual([]);
    const page = await import(path.join(folder, 'page.mjs'));
    await expect(page.writeCheckpoint('run', checkpoint(1))).rejects.toThrow('encodeSafetensors');
  });
});
