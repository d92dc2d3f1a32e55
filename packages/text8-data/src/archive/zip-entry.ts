import {CorpusError} from '../errors/corpus-error';
import {damagedArchive, type ZipEntry} from './zip-directory';

/**
 * The one file of an archive, or the one called text8.
 *
 * @throws CorpusError where there are several and none of that name, or it is not of a kind that can be unpacked.
 */
export function chosenEntry(archiveName: string, entries: ZipEntry[]): ZipEntry {
  // Folders, and what macOS adds beside every file.
  const files = entries.filter(({name}) => !name.endsWith('/') && !name.startsWith('__MACOSX/'));
  const chosen = files.length === 1 ? files[0] : files.find(({name}) => name === 'text8' || name.endsWith('/text8'));
  if (chosen) {
    checkKind(archiveName, chosen);
    return chosen;
  }
  const shown = files.slice(0, 5).map(({name}) => name);
  const names = `${shown.join(', ')}${files.length > shown.length ? ', ...' : ''}` || 'none';
  throw new CorpusError(
    `${archiveName} has ${files.length} files (${names}), expected one, or one called text8. Zip the text by itself.`,
  );
}

function checkKind(archiveName: string, entry: ZipEntry): void {
  if (!entry.encrypted && (entry.method === 0 || entry.method === 8)) return;
  throw new CorpusError(
    `${entry.name} in ${archiveName} is ${entry.encrypted ? 'encrypted' : `compressed by method ${entry.method}`}, ` +
      'expected deflate (method 8) or no compression, and no password. Zip the text again.',
  );
}

/** @throws CorpusError where what was unpacked is not what the archive says of it. */
export function checkUnpacked(archiveName: string, entry: ZipEntry, found: {length: number; crc32: number}): void {
  const received = found.crc32 >>> 0;
  if (found.length === entry.size && received === entry.crc32) return;
  throw damagedArchive(
    archiveName,
    `${entry.name} unpacks to ${found.length} bytes with CRC-32 ${hexadecimal(received)}, expected ${entry.size} with ` +
      hexadecimal(entry.crc32),
  );
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(8, '0');
}
