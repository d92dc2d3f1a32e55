import {CorpusError} from '../errors/corpus-error';
import type {Download} from './download';

/**
 * Compares bytes with the length and sha256 that the download must have.
 *
 * @throws CorpusError where they differ, or where the page has no sha256 because it is not served securely.
 *
 * Cost: 0.1 s for text8.zip.
 */
export async function checkDownload(bytes: Uint8Array, {address, ...expected}: Download): Promise<void> {
  const mend = 'It is another file, or was damaged on the way: try again, or give another address.';
  if (bytes.length !== expected.bytes) {
    throw new CorpusError(`${address} gave ${bytes.length} bytes, expected ${expected.bytes}. ${mend}`);
  }
  const sha256 = await sha256Of(bytes);
  if (sha256 !== expected.sha256) {
    throw new CorpusError(`${address} gave a file with sha256 ${sha256}, expected ${expected.sha256}. ${mend}`);
  }
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  // Browsers leave `subtle` out of pages that came over plain http.
  if (globalThis.crypto?.subtle === undefined) {
    throw new CorpusError(
      'A sha256 can be computed only in a page from https or localhost. Serve it so, or pass {source} to read the text unchecked.',
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
