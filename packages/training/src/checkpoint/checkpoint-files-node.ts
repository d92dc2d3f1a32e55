import {mkdir, open, readdir, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {type CheckpointFiles, isSuperseded} from './checkpoint-files';

export function createCheckpointFiles(folder: string): CheckpointFiles {
  return {
    async write(name, bytes) {
      await mkdir(folder, {recursive: true});
      const target = path.join(folder, name);
      const unfinished = `${target}.unfinished`;
      try {
        const file = await open(unfinished, 'w');
        try {
          await file.writeFile(bytes);
          await file.sync(); // on disk before the name is, or a power cut could leave the name without the bytes
        } finally {
          await file.close();
        }
        await rename(unfinished, target);
        await syncFolder(folder);
      } catch (error) {
        await rm(unfinished, {force: true}).catch(() => undefined);
        throw error;
      }
    },
    read: (name) => readFile(path.join(folder, name)),
    async removeOthers(names) {
      for (const file of await readdir(folder)) {
        if (isSuperseded(file, names)) await rm(path.join(folder, file), {force: true});
      }
    },
  };
}

/** Puts a rename on disk before what follows it. Windows cannot open folders, and does without. */
async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } finally {
    await directory?.close();
  }
}
