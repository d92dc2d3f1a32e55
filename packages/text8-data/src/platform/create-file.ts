import {open, rename, rm} from 'node:fs/promises';
import {CorpusError} from '../errors/corpus-error';
import type {NewFile} from './platform';

/** Nobody ever sees a file of that name that is not whole: it is written under another name, and moved. */
export async function createFile(path: string): Promise<NewFile> {
  const own = `${path}.${crypto.randomUUID()}.part`;
  const file = await open(own, 'wx+').catch((error: unknown) => {
    throw failed(path, error);
  });
  return {
    async write(bytes, position) {
      for (let written = 0; written < bytes.length; ) {
        const left = bytes.length - written;
        const {bytesWritten} = await file.write(bytes, written, left, position + written).catch((error: unknown) => {
          throw failed(path, error);
        });
        written += bytesWritten;
      }
    },
    async read(into, position) {
      for (let read = 0; read < into.length; ) {
        const {bytesRead} = await file.read(into, read, into.length - read, position + read);
        if (bytesRead === 0) throw failed(path, 'it was cut while it was written');
        read += bytesRead;
      }
    },
    async finish(length) {
      try {
        await file.truncate(length);
        await file.sync();
        await file.close();
        await rename(own, path);
      } catch (error) {
        throw failed(path, error);
      }
    },
    async discard() {
      await file.close().catch(() => undefined); // it may be closed
      await rm(own, {force: true});
    },
  };
}

function failed(path: string, error: unknown): CorpusError {
  return new CorpusError(`${path} cannot be written: ${String(error)}. Make room, or choose another folder.`, {
    cause: error,
  });
}
