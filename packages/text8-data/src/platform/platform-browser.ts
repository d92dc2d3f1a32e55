import {readStream} from '../corpus/read-source';
import {CorpusError} from '../errors/corpus-error';
import {checkDownload} from './check-download';
import type {Platform} from './platform';

export const platform: Platform = {
  async readFile(path) {
    throw new CorpusError(`A page cannot read ${path}. Pass {source}: a URL, File, Blob or ReadableStream.`);
  },
  async fetchOnce(download) {
    const {address, signal, onProgress, bytes: total} = download;
    const response = await fetch(address, {signal}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new CorpusError(
        `${address} could not be fetched: ${String(error)}. Its server must allow pages to (CORS).`,
      );
    });
    if (!response.ok || !response.body)
      throw new CorpusError(`${address} answered ${response.status}, expected a file.`);
    const bytes = await readStream(response.body, {total, signal, onProgress});
    await checkDownload(bytes, download);
    return bytes;
  },
  async stateOfTheUnion() {
    throw new CorpusError(
      'The State of the Union addresses are read from an npm package, in Node. Pass a {source} to loadText8.',
    );
  },
};
