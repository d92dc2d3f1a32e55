import {CorpusError} from '../errors/corpus-error';
import type {Progress} from '../platform/platform';

/** What a corpus can be read from anywhere. */
export type Source = string | URL | Blob | ReadableStream<Uint8Array>;

interface ReadOptions {
  total?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** All bytes of a URL, file, blob or stream. */
export async function readSource(source: Source, options: ReadOptions): Promise<Uint8Array> {
  if (source instanceof ReadableStream) return readStream(source, options);
  if (source instanceof Blob) return readStream(source.stream(), {...options, total: source.size});
  const response = await fetch(source, {signal: options.signal}).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new CorpusError(`${String(source)} could not be fetched: ${String(error)}.`, {cause: error});
  });
  if (!response.ok || !response.body)
    throw new CorpusError(`${String(source)} answered ${response.status}, expected a file.`);
  const total = Number(response.headers.get('content-length')) || undefined;
  return readStream(response.body, {...options, total});
}

/** All bytes of a stream. */
export async function readStream(stream: ReadableStream<Uint8Array>, options: ReadOptions): Promise<Uint8Array> {
  const {total, signal, onProgress} = options;
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let received = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const {done, value} = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      onProgress?.({received, total});
    }
  } finally {
    reader.releaseLock();
  }
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
