import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {UserError} from './user-error';
import {writeWhole} from './write-whole';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
});
afterEach(() => rm(folder, {recursive: true}));

it('replaces a file and leaves nothing else behind', async () => {
  const file = path.join(folder, 'result.json');
  await writeFile(file, 'a much longer old text');
  await writeWhole(file, 'new');
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['result.json']);
});

it('leaves everything as it was where the file cannot be written', async () => {
  const file = path.join(folder, 'result.json');
  await mkdir(path.join(file, 'in the way'), {recursive: true}); // a folder cannot be replaced by a file
  await expect(writeWhole(file, 'new')).rejects.toThrow(UserError);
  expect(await readdir(folder)).toEqual(['result.json']);
  expect(await readdir(file)).toEqual(['in the way']);
});

it('says which file, and what to do', async () => {
  const file = path.join(folder, 'missing', 'result.json');
  await expect(writeWhole(file, 'new')).rejects.toThrow(/missing.result\.json could not be written: .*--output/);
});
