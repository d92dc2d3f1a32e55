import {createReadStream} from 'node:fs';
import {type FileHandle, open, stat} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {createInflateRaw} from 'node:zlib';
import crc32 from 'crc-32';
import {
  compressedRange,
  damagedArchive,
  directoryStart,
  headerLength,
  isZip,
  longestDirectoryEnd,
  readZipDirectory,
  type ZipEntry,
} from '../archive/zip-directory';
import {checkUnpacked, chosenEntry} from '../archive/zip-entry';
import {fileName} from '../corpus/read-source';
import {CorpusError} from '../errors/corpus-error';
import type {Chunks} from './platform';

const chunkSize = 2 ** 20;

/** The most bytes of a directory that are read: half a million files. */
const longestDirectory = 2 ** 26;

export async function readChunks(path: string): Promise<Chunks> {
  const name = fileName(path);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('it is a folder');
    // A pipe or a device can be opened and read once, and has no end to look at: it is taken for plain text.
    if (!found.isFile()) return {name, chunks: chunksOf(path)};
    const file = await open(path);
    try {
      if (isZip(await part(file, 0, 4))) return await entryChunks(path, name, file, found.size);
      return {name, total: found.size, chunks: chunksOf(path)};
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asCorpusError(path, error);
  }
}

async function entryChunks(path: string, archiveName: string, file: FileHandle, size: number): Promise<Chunks> {
  const endStart = Math.max(0, size - longestDirectoryEnd);
  const directory = directoryStart(archiveName, await part(file, endStart, size - endStart));
  if (directory >= size || size - directory > longestDirectory) {
    throw damagedArchive(archiveName, `its directory begins at byte ${directory} of ${size}`);
  }
  const bytes = await part(file, directory, size - directory);
  const entry = chosenEntry(archiveName, readZipDirectory(archiveName, bytes, directory));
  const header = await part(file, entry.headerOffset, headerLength);
  const {start, end} = compressedRange(archiveName, header, entry, size);
  return {name: entry.name, total: entry.size, chunks: unpacked(path, archiveName, entry, {start, end})};
}

async function* unpacked(
  path: string,
  archiveName: string,
  entry: ZipEntry,
  range: {start: number; end: number},
): AsyncGenerator<Uint8Array> {
  const compressed = chunksOf(path, range);
  let length = 0;
  let sum = 0;
  for await (const chunk of entry.method === 0 ? compressed : inflated(archiveName, entry, compressed)) {
    length += chunk.length;
    sum = crc32.buf(chunk, sum);
    if (length > entry.size) break; // it lies about its length, and may have no end
    yield chunk;
  }
  checkUnpacked(archiveName, entry, {length, crc32: sum});
}

async function* inflated(
  archiveName: string,
  entry: ZipEntry,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* Readable.from(compressed).compose(createInflateRaw({chunkSize})) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (CorpusError.isInstance(error)) throw error;
    throw damagedArchive(archiveName, `${entry.name} cannot be unpacked (${String(error)})`, error);
  }
}

/** Opens the file when the first chunk is asked for, so that nothing is left open where none is. */
async function* chunksOf(path: string, range?: {start: number; end: number}): AsyncGenerator<Uint8Array> {
  if (range && range.start === range.end) return;
  // A stream's `end` is the last byte to read; what has no positions, as a pipe, must not be given any.
  const part = range && {start: range.start, end: range.end - 1};
  try {
    yield* createReadStream(path, {...part, highWaterMark: chunkSize}) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw asCorpusError(path, error);
  }
}

/** The bytes there, fewer at the end of the file. */
async function part(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const {bytesRead} = await file.read(bytes, read, length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

function asCorpusError(path: string, error: unknown): CorpusError {
  if (CorpusError.isInstance(error)) return error;
  return new CorpusError(`${path} cannot be read: ${String(error)}. Check the path.`, {cause: error});
}
