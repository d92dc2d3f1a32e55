import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {CorpusError} from '../errors/corpus-error';
import type {OpenFile} from './platform';

/** Reads while it is waited for: what is asked for is little and mostly in the system's cache, a promise takes longer. */
export async function openFile(path: string): Promise<OpenFile> {
  try {
    const file = openSync(path, 'r');
    return {
      size: fstatSync(file).size,
      read: (into, position) => readFrom(path, file, into, position),
      close: () => closeSync(file),
    };
  } catch (error) {
    throw new CorpusError(`${path} cannot be read: ${String(error)}. Check the path.`, {cause: error});
  }
}

function readFrom(path: string, file: number, into: Uint8Array, position: number): number {
  try {
    let read = 0;
    while (read < into.length) {
      const count = readSync(file, into, read, into.length - read, position + read);
      if (count === 0) break;
      read += count;
    }
    return read;
  } catch (error) {
    throw new CorpusError(`${path} cannot be read: ${String(error)}. Open it again.`, {cause: error});
  }
}
