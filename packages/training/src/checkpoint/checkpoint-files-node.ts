import {mkdir, open, readdir, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {type CheckpointFiles, isSuperseded} from './checkpoint-files';

export function createCheckpointFiles(folder: string): CheckpointFiles {
  return {
    async write(files) {
      await mkdir(folder, {recursive: true});
      const renames = files.map(([name]) => {
        const target = path.join(folder, name);
        return {target, unfinished: `${target}.unfinished`};
      });
      try {
        for (const [index, [, bytes]] of files.entries()) await writeToDisk(renames[index]!.unfinished, bytes);
        for (const {unfinished, target} of renames) {
          await rename(unfinished, target);
          await syncFolder(folder);
        }
      } catch (error) {
        for (const {unfinished} of renames) await rm(unfinished, {force: true}).catch(() => undefined);
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

/** Returns once the bytes are on disk: were the name there first, a power cut could leave it without them. */
async function writeToDisk(target: string, bytes: Uint8Array): Promise<void> {
  const file = await open(target, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Puts a rename on disk before what follows it. Windows and some network file systems cannot, and do without: the rename
 * itself has happened, so it would be wrong to report that it has not.
 */
async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r').catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
