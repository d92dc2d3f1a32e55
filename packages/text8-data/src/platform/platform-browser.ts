import {readSource, readStream} from '../corpus/read-source';
import {checkDownload} from '../download/check-download';
import {CorpusError} from '../errors/corpus-error';
import type {Platform} from './platform';

export const platform: Platform = {
  async readFile(path) {
    throw new CorpusError(`A page cannot read ${path}. Pass {source}: a URL, File, Blob or ReadableStream.`);
  },

  async readChunks(path) {
    throw new CorpusError(`A page cannot read ${path}. Read the text into memory and encode it with encodeWords().`);
  },

  async openFile(path) {
    throw new CorpusError(`A page cannot read ${path}. Encode the text in memory with encodeWords().`);
  },

  async createFile(path) {
    throw new CorpusError(`A page cannot write ${path}. Encode the text in memory with encodeWords().`);
  },

  async writeFile(path) {
    throw new CorpusError(`A page cannot write ${path}. Keep what toJSON() gives where the page keeps its data.`);
  },

  async inflate(compressed, size) {
    const stream = new Blob([compressed as Uint8Array<ArrayBuffer>]).stream();
    const inflated = stream.pipeThrough(new DecompressionStream('deflate-raw'));
    return readStream(inflated, 'the file', {total: size, limit: size});
  },

  async fetchOnce(download) {
    // What is fetched once and found again is for the browser's own cache to keep.
    const {address, signal, onProgress, bytes: total} = download;
    const bytes = await readSource(address, {total, limit: 2 * total, signal, onProgress});
    await checkDownload(bytes, download);
    return bytes;
  },

  async stateOfTheUnion() {
    throw new CorpusError(
      'The State of the Union addresses are read from an npm package, in Node. In a page, pass a {source} to loadText8.',
    );
  },
};
