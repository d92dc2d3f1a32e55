import {open, rename, rm} from 'node:fs/promises';
import type {VectorFiles} from './vector-files';

export const vectorFiles: VectorFiles = {
  async read(path, limit) {
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Error('it is no file, but a folder or a device');
      if (found.size > limit) throw new Error(`it has ${found.size} bytes, more than the ${limit} that are read`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  },

  async write(path, bytes) {
    const unfinished = `${path}.${crypto.randomUUID()}.unfinished`;
    try {
      const file = await open(unfinished, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync(); // were the name there first, a power cut could leave it without the bytes
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, {force: true}).catch(() => undefined);
      throw error;
    }
  },
};
