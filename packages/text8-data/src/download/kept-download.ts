import {constants} from 'node:fs';
import {type FileHandle, mkdir, open, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import {CorpusError} from '../errors/corpus-error';
import {writeAtOnce} from '../platform/write-at-once';
import {checkDownload} from './check-download';
import type {Download} from './download';
import {requestRest} from './request-rest';

/** What this process is fetching, by the file it goes to. */
const underWay = new Map<string, Promise<Uint8Array>>();

/**
 * A file from the cache folder, fetched into it where it is not there or is damaged.
 *
 * While under way it lies in `<file>.part`, where the next try goes on, in this process or a later one; whole and
 * checked it is moved to its name at once.
 *
 * @throws CorpusError where it cannot be fetched whole or written; the signal's reason where that stops it.
 */
export async function keptDownload(download: Download): Promise<Uint8Array> {
  const folder = download.cacheFolder ?? envPaths('gatefold', {suffix: ''}).cache;
  const target = path.join(folder, download.file);
  // Callers of one process take turns: the later ones find what the first one fetched, or try themselves.
  for (let other = underWay.get(target); other; other = underWay.get(target)) await settled(other, download.signal);
  const turn = fromCacheOrAddress(download, folder, target).finally(() => underWay.delete(target));
  underWay.set(target, turn);
  return turn;
}

async function fromCacheOrAddress(download: Download, folder: string, target: string): Promise<Uint8Array> {
  const kept = await readFile(target).catch(() => undefined);
  if (kept && (await isWhole(kept, download))) return kept;
  try {
    await mkdir(folder, {recursive: true});
    return await fetchWhole(download, target);
  } catch (error) {
    download.signal?.throwIfAborted();
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CorpusError(
      `${download.file} cannot be written to ${folder}: ${error.message}. ` +
        'Make room there, or choose another cacheFolder; the download goes on where it stopped.',
      {cause: error},
    );
  }
}

async function fetchWhole(download: Download, target: string): Promise<Uint8Array> {
  const part = `${target}.part`;
  // Two processes may write to one part: what both write at a place is the same, so neither cuts it short or appends.
  const file = await open(part, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    let {size: start} = await file.stat();
    for (;;) {
      if (start > download.bytes) {
        await file.truncate(0);
        start = 0;
      }
      await fetchRest(file, start, download);
      const bytes = await readWhole(file);
      try {
        await checkDownload(bytes, download);
      } catch (error) {
        await file.truncate(0);
        if (start === 0) {
          await rm(part, {force: true});
          throw error;
        }
        start = 0; // what an earlier try left was of another file: once more, from the beginning
        continue;
      }
      await writeAtOnce(target, bytes);
      await rm(part, {force: true});
      return bytes;
    }
  } finally {
    await file.close();
  }
}

/** Fetches from `start` to the end. A connection that is cut is taken up again, as long as that gets any further. */
async function fetchRest(file: FileHandle, start: number, download: Download): Promise<void> {
  const {address, bytes: total, signal, onProgress} = download;
  for (let reached = start; reached < total; ) {
    const before = reached;
    const {reader, offset} = await requestRest(download, reached);
    let position = offset;
    try {
      for (;;) {
        // A connection that fails and one that ends too soon are the same thing here.
        const {done, value} = await reader.read().catch(() => ({done: true, value: undefined}));
        signal?.throwIfAborted();
        if (done || !value) break;
        await writeAt(file, value, position);
        position += value.length;
        reached = Math.max(reached, position);
        onProgress?.({received: position, total});
        if (position > total) return; // another file, as the check will say
      }
    } finally {
      reader.cancel().catch(() => undefined);
    }
    if (reached === before) {
      throw new CorpusError(
        `${address} was cut after ${position} of ${total} bytes. Run it again to go on where it stopped.`,
      );
    }
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

async function readWhole(file: FileHandle): Promise<Uint8Array> {
  const {size} = await file.stat();
  const bytes = new Uint8Array(size);
  for (let read = 0; read < size; ) {
    const {bytesRead} = await file.read(bytes, read, size - read, read);
    if (bytesRead === 0) return bytes.subarray(0, read);
    read += bytesRead;
  }
  return bytes;
}

async function isWhole(bytes: Uint8Array, download: Download): Promise<boolean> {
  return checkDownload(bytes, download).then(
    () => true,
    () => false,
  );
}

/** Waits for another's turn to end, well or badly, or for the signal. */
async function settled(turn: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    turn.then(
      () => resolve(),
      () => resolve(),
    );
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}
