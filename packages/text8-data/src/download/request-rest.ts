import {CorpusError} from '../errors/corpus-error';
import type {Download} from './download';

/** The bytes of a file from `offset` on. */
interface Rest {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  offset: number;
}

/**
 * Asks for what follows the first `start` bytes of a file. A server that knows no ranges gives the file from its
 * beginning: `offset` is 0 then.
 *
 * @throws CorpusError where the server cannot be reached, refuses, or has a file of another length.
 */
export async function requestRest(download: Download, start: number): Promise<Rest> {
  const {address, bytes: total, signal} = download;
  // Ranges are counted in the bytes sent, so the server must not compress them.
  const headers: Record<string, string> = {'accept-encoding': 'identity'};
  if (start > 0) headers.range = `bytes=${start}-`;
  const response = await fetch(address, {headers, signal}).catch((error: unknown) => {
    signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new CorpusError(`${address} could not be fetched: ${String(cause)}. Check the network, or the address.`, {
      cause: error,
    });
  });
  const rangeNotThere = 416;
  if (response.status === rangeNotThere && start > 0) return requestRest(download, 0);
  const offset =
    response.status === 206 ? Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]) : 0;
  if (!response.ok || !response.body || !(offset <= start)) {
    await response.body?.cancel();
    throw new CorpusError(`${address} answered ${response.status}, expected the file. Give another address.`);
  }
  const length = response.headers.get('content-length');
  if (length !== null && offset + Number(length) !== total) {
    await response.body.cancel();
    throw new CorpusError(
      `${address} has a file of ${offset + Number(length)} bytes, expected ${total}. Give another address.`,
    );
  }
  return {reader: response.body.getReader(), offset};
}
