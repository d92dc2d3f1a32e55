import {appendFile, mkdir, readFile, rename, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {MetricsFile} from './metrics-file';

export async function openMetricsFile(path: string): Promise<MetricsFile> {
  await mkdir(dirname(path), {recursive: true});
  return {
    append: (bytes) => appendFile(path, bytes),
    async keep(passes) {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const kept = text.split('\n').filter((line) => line !== '' && passes(line));
      await writeFile(`${path}.unfinished`, kept.map((line) => `${line}\n`).join(''));
      await rename(`${path}.unfinished`, path);
    },
  };
}
