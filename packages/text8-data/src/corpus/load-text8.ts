import {platform} from '#platform';
import {unzip} from '../archive/unzip';
import {isZip} from '../archive/zip-directory';
import type {Progress} from '../download/download';
import {CorpusError} from '../errors/corpus-error';
import {Corpus} from './corpus';
import {normalise} from './normalise';
import {fileName, readSource, type Source, sourceName} from './read-source';

/** The identity of the one true text8.zip. */
const text8 = {
  address: 'http://mattmahoney.net/dc/text8.zip',
  file: 'text8.zip',
  bytes: 31_344_016,
  sha256: 'a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232',
};

/** What an archive may add to the length of the text it holds. */
const archiveOverhead = 2 ** 20;

export interface LoadText8Options {
  /** A zip archive or plain file on disk, in place of the download. Node only. */
  path?: string;
  /** A URL, `File`, `Blob` or stream of a zip archive or plain text, in place of the download. */
  source?: Source;
  /** Another place to download text8.zip from; it must be the same file. */
  address?: string;
  /** Where the download is kept; default the user's cache folder. Node only: a page has the browser's own cache. */
  cacheFolder?: string;
  /** Brings any text to a to z and space; without it, other characters are an error. Default false. */
  normalise?: boolean;
  /** The longest text to read or unpack, in bytes; default 1 GiB. */
  maximumBytes?: number;
  /** Stops the reading or the download; what was downloaded is kept for the next time. */
  signal?: AbortSignal;
  /** Called as bytes come in, of the download and of a `source`. */
  onProgress?: (progress: Progress) => void;
}

/**
 * The text8 corpus: 100,000,000 characters of English Wikipedia, a to z and space. Downloaded once (31 MB), checked by
 * length and sha256, and kept; a download that was cut goes on where it stopped. Or, with `path` or `source`, any text.
 *
 * @throws CorpusError where the text cannot be had whole, or has other characters and `normalise` is not set; the
 *   signal's reason where that stops it.
 * @example
 * const text8 = await loadText8({onProgress: ({received, total}) => console.log(received, total)});
 * const mine = await loadText8({path: 'novel.txt', normalise: true});
 *
 * Cost: for the whole of text8 about 0.6 s in Node, and the archive and the text in memory.
 * Source: Matt Mahoney, mattmahoney.net/dc/textdata.html.
 */
export async function loadText8(options: LoadText8Options = {}): Promise<Corpus> {
  const {path, source, address = text8.address, cacheFolder, maximumBytes = 2 ** 30, signal, onProgress} = options;
  if (path !== undefined && source !== undefined)
    throw new TypeError('Received path and source, expected one of them.');
  signal?.throwIfAborted();
  const limit = maximumBytes + archiveOverhead;
  let name = 'text8';
  let bytes: Uint8Array;
  if (path !== undefined) {
    name = fileName(path);
    bytes = await platform.readFile(path, {limit, signal});
  } else if (source !== undefined) {
    name = sourceName(source);
    bytes = await readSource(source, {limit, signal, onProgress});
  } else {
    bytes = await platform.fetchOnce({...text8, address, cacheFolder, signal, onProgress});
  }
  const text = isZip(bytes) ? await unzip(name, bytes, maximumBytes) : bytes;
  if (text.length > maximumBytes) {
    throw new CorpusError(
      `${name} has ${text.length} bytes, more than the ${maximumBytes} allowed: pass a larger maximumBytes.`,
    );
  }
  return new Corpus(name.replace(/\.zip$/i, ''), options.normalise ? normalise(text) : text);
}
