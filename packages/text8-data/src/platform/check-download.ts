import {CorpusError} from '../errors/corpus-error';
import type {Download} from './platform';

/** Throws a CorpusError where bytes have not the length and sha256 that the download must have. */
export async function checkDownload(bytes: Uint8Array, {address, ...expected}: Download): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (bytes.length === expected.bytes && sha256 === expected.sha256) return;
  throw new CorpusError(
    `${address} gave ${bytes.length} bytes with sha256 ${sha256}, expected ${expected.bytes} bytes with ` +
      `${expected.sha256}: it is another file, or was damaged on the way. Try again, or give another address.`,
  );
}
