import {platform} from '#platform';
import {isZip, unzip} from '../archive/unzip';
import {CorpusError} from '../errors/corpus-error';
import type {Progress} from '../platform/platform';
import {Corpus} from './corpus';
import {normalise} from './normalise';
import {readSource, type Source} from './read-source';

/** The identity of the one true text8.zip. */
const text8 = {
  address: 'http://mattmahoney.net/dc/text8.zip',
  file: 'text8.zip',
  bytes: 31_344_016,
  sha256: 'a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232',
};

export interface LoadText8Options {
  /** A zip archive or plain file on disk, in place of the download. Node only. */
  path?: string;
  /** A URL, `File`, `Blob` or stream of a zip archive or plain text, in place of the download. */
  source?: Source;
  /** Another place to download text8.zip from; it must be the same file. */
  address?: string;
  /** Where the download is kept; default the user's cache folder. Node only. */
  cacheFolder?: string;
  /** Brings any text to a to z and space; without it, other characters are an error. Default false. */
  normalise?: boolean;
  /** The most an archive may unpack to; default 1 GiB. */
  maximumBytes?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * The text8 corpus: 100,000,000 characters of English Wikipedia, a to z and space. Downloaded once (31 MB), checked by
 * length and sha256, and kept; a download that was cut goes on where it stopped. Or, with `path` or `source`, any text.
 *
 * @throws CorpusError where the text cannot be had whole, or has other characters and `normalise` is not set.
 * @example
 * const text8 = await loadText8({onProgress: ({received, total}) => console.log(received, total)});
 * const mine = await loadText8({path: 'novel.txt', normalise: true});
 *
 * Cost: about 1.1 s and three times the text in memory for the whole of text8.
 * Source: Matt Mahoney, mattmahoney.net/dc/textdata.html.
 */
export async function loadText8(options: LoadText8Options = {}): Promise<Corpus> {
  const {path, source, address = text8.address, cacheFolder, maximumBytes = 2 ** 30, signal, onProgress} = options;
  if (path !== undefined && source !== undefined) throw new TypeError('Pass path or source, not both.');
  signal?.throwIfAborted();
  const name = path !== undefined ? fileName(path) : source !== undefined ? sourceName(source) : 'text8';
  const bytes =
    path !== undefined
      ? await platform.readFile(path)
      : source !== undefined
        ? await readSource(source, {signal, onProgress})
        : await platform.fetchOnce({...text8, address, cacheFolder, signal, onProgress});
  const text = isZip(bytes) ? unzip(name, bytes, maximumBytes) : bytes;
  if (text.length > maximumBytes) {
    throw new CorpusError(
      `${name} has ${text.length} bytes, more than the ${maximumBytes} allowed: pass a larger maximumBytes.`,
    );
  }
  return new Corpus(name.replace(/\.zip$/, ''), options.normalise ? normalise(text) : text);
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1)!;
}

function sourceName(source: Source): string {
  if (source instanceof ReadableStream) return 'the stream';
  if (source instanceof Blob) return 'name' in source ? String(source.name) : 'the blob';
  return fileName(new URL(String(source), 'http://localhost').pathname);
}
