import type {Progress} from '../download/download';
import {CorpusError} from '../errors/corpus-error';

/** What a corpus can be read from anywhere. */
export type Source = string | URL | Blob | ReadableStream<Uint8Array>;

export interface ReadOptions {
  /** The most bytes to read. */
  limit: number;
  /** How many bytes there will be, where that is known. */
  total?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * All bytes of a URL, file, blob or stream.
 *
 * @throws CorpusError where there are more than `limit`, or the URL cannot be fetched.
 */
export async function readSource(source: Source, options: ReadOptions): Promise<Uint8Array> {
  if (source instanceof ReadableStream) return readStream(source, 'the stream', options);
  if (source instanceof Blob) return readStream(source.stream(), sourceName(source), {...options, total: source.size});
  const {signal} = options;
  const response = await fetch(source, {signal}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new CorpusError(
      `${shown(source)} could not be fetched: ${String(error)}. Check the address, and in a page that its server allows ` +
        'pages to read it (CORS); for a file on disk pass {path}.',
      {cause: error},
    );
  });
  if (!response.ok || !response.body) {
    throw new CorpusError(`${shown(source)} answered ${response.status}, expected a file. Check the address.`);
  }
  // The length of what is sent is that of the text only where it is not compressed on the way.
  const sent = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return readStream(response.body, shown(source), {...options, total: sent === null ? options.total : Number(sent)});
}

/**
 * All bytes of a stream, in one array that is allocated once where `total` is right.
 *
 * @param name what the stream is called in errors.
 * @throws CorpusError where there are more than `limit`, or the stream fails.
 */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  name: string,
  {limit, total, signal, onProgress}: ReadOptions,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  let bytes = new Uint8Array(Math.min(total ?? 0, limit));
  let received = 0;
  try {
    for (;;) {
      const {done, value} = await reader.read().catch((error: unknown) => {
        signal?.throwIfAborted();
        throw new CorpusError(`${name} failed after ${received} bytes: ${String(error)}. Try again.`, {cause: error});
      });
      signal?.throwIfAborted();
      if (done) break;
      if (received + value.length > limit) {
        throw new CorpusError(`${name} has more than the ${limit} bytes allowed: pass a larger maximumBytes.`);
      }
      if (received + value.length > bytes.length) bytes = enlarged(bytes, received + value.length, limit);
      bytes.set(value, received);
      received += value.length;
      onProgress?.({received, total});
    }
  } finally {
    reader.cancel().catch(() => undefined); // where it is not at its end
  }
  return bytes.subarray(0, received);
}

/** What a source is called in messages and reports. */
export function sourceName(source: Source): string {
  if (source instanceof ReadableStream) return 'the stream';
  if (source instanceof Blob) return 'name' in source ? String(source.name) : 'the blob';
  return fileName(shown(source).replace(/[?#].*$/, ''));
}

/** The last part of a path or address. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path;
}

/** An address without the whole text that a data URL is. */
function shown(address: string | URL): string {
  const text = String(address);
  return text.startsWith('data:') ? 'the data URL' : text;
}

function enlarged(bytes: Uint8Array, atLeast: number, limit: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(Math.max(atLeast, 2 * bytes.length), limit));
  larger.set(bytes);
  return larger;
}
