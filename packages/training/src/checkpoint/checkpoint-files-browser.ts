import {type CheckpointFiles, isSuperseded} from './checkpoint-files';

/** The Origin Private File System: https://fs.spec.whatwg.org. Its writable streams replace a file when closed. */
export function createCheckpointFiles(folder: string): CheckpointFiles {
  const open = async (create: boolean) => {
    let directory = await navigator.storage.getDirectory();
    for (const part of folder.split('/').filter(Boolean))
      directory = await directory.getDirectoryHandle(part, {create});
    return directory;
  };
  return {
    async write(name, bytes) {
      const file = await (await open(true)).getFileHandle(name, {create: true});
      const stream = await file.createWritable();
      await stream.write(bytes as Uint8Array<ArrayBuffer>);
      await stream.close();
    },
    async read(name) {
      const file = await (await (await open(false)).getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    },
    async removeOthers(names) {
      const directory = await open(true);
      for await (const file of directory.keys()) if (isSuperseded(file, names)) await directory.removeEntry(file);
    },
  };
}
