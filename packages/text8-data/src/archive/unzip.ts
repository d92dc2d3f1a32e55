import crc32 from 'crc-32';
import {platform} from '#platform';
import {CorpusError} from '../errors/corpus-error';
import {compressedBytes, damagedArchive, readZipDirectory, type ZipEntry} from './zip-directory';
import {checkUnpacked, chosenEntry} from './zip-entry';

/**
 * The one file of a zip archive, or the one called text8, checked against the length and CRC-32 that the archive gives.
 *
 * @throws CorpusError where the archive is cut or damaged, has several files and none called text8, or would unpack to
 *   more than `maximumBytes`, for which no memory is taken.
 *
 * Cost: for 100 MB of text 0.4 s in Node; the text and nothing else in memory beside the archive.
 */
export async function unzip(archiveName: string, archive: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  const entry = chosenEntry(archiveName, readZipDirectory(archiveName, archive));
  if (entry.size > maximumBytes) {
    throw new CorpusError(
      `${entry.name} in ${archiveName} would unpack to ${entry.size} bytes, more than the ${maximumBytes} allowed. ` +
        'If that is right, pass a larger maximumBytes.',
    );
  }
  const bytes = await unpacked(archiveName, compressedBytes(archiveName, archive, entry), entry);
  checkUnpacked(archiveName, entry, {length: bytes.length, crc32: crc32.buf(bytes)});
  return bytes;
}

async function unpacked(archiveName: string, compressed: Uint8Array, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.method === 0) return compressed;
  if (entry.size === 0) return new Uint8Array();
  try {
    return await platform.inflate(compressed, entry.size);
  } catch (error) {
    throw damagedArchive(
      archiveName,
      `${entry.name} cannot be unpacked to ${entry.size} bytes (${String(error)})`,
      error,
    );
  }
}
