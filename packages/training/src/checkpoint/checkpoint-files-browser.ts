import {type CheckpointFiles, isSuperseded} from './checkpoint-files';

/**
 * The Origin Private File System: https://fs.spec.whatwg.org. What is written to a file's stream replaces the file when
 * the stream is closed, and not before.
 */
export function createCheckpointFiles(folder: string): CheckpointFiles {
  const open = async (create: boolean) => {
    if (!globalThis.navigator?.storage?.getDirectory) {
      throw new Error(
        'this page has no private file system, which needs HTTPS or localhost. ' +
          'Keep the tensors yourself: encodeSafetensors makes bytes of them, decodeSafetensors reads those',
      );
    }
    let directory = await navigator.storage.getDirectory();
    for (const part of folder.split('/').filter(Boolean))
      directory = await directory.getDirectoryHandle(part, {create});
    return directory;
  };
  return {
    async write(files) {
      const directory = await open(true);
      const streams: FileSystemWritableFileStream[] = [];
      try {
        for (const [name, bytes] of files) {
          const file = await directory.getFileHandle(name, {create: true});
          const stream = await file.createWritable();
          streams.push(stream);
          await stream.write(bytes as Uint8Array<ArrayBuffer>);
        }
        for (const stream of streams) await stream.close();
      } catch (error) {
        // Whether or not a stream can still be abandoned, the browser drops what it held.
        await Promise.allSettled(streams.map((stream) => stream.abort()));
        // Asking for a file that was not there made an empty one, which no checkpoint has.
        for (const [name] of files) await removeEmpty(directory, name).catch(() => undefined);
        throw error;
      }
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

async function removeEmpty(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  const {size} = await (await directory.getFileHandle(name)).getFile();
  if (size === 0) await directory.removeEntry(name);
}
