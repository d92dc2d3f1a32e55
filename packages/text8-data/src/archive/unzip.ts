import crc32 from 'crc-32';
import {unzipSync} from 'fflate';
import {CorpusError} from '../errors/corpus-error';

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === 0x04034b50;
}

/**
 * The one file of a zip archive, or the one called text8, checked against the length and CRC-32 that the archive gives.
 *
 * @throws CorpusError where the archive is cut or damaged, has several files and none called text8, or would unpack to
 *   more than `maximumBytes`, which nothing is allocated for.
 */
export function unzip(name: string, archive: Uint8Array, maximumBytes: number): Uint8Array {
  const entries: {name: string; originalSize: number}[] = [];
  const read = (filter: (entry: {name: string; originalSize: number}) => boolean) => {
    try {
      return unzipSync(archive, {filter});
    } catch (error) {
      throw new CorpusError(
        `${name} is not a whole zip archive (${String(error)}): it was cut or damaged. Fetch it again.`,
        {
          cause: error,
        },
      );
    }
  };
  read((entry) => {
    if (!entry.name.endsWith('/')) entries.push(entry);
    return false;
  });
  const chosen = entries.length === 1 ? entries[0] : entries.find((entry) => entry.name === 'text8');
  if (!chosen) {
    const names =
      entries
        .map((entry) => entry.name)
        .slice(0, 5)
        .join(', ') || 'none';
    throw new CorpusError(`${name} has ${entries.length} files (${names}), expected one, or one called text8.`);
  }
  if (chosen.originalSize > maximumBytes) {
    throw new CorpusError(
      `${chosen.name} in ${name} would unpack to ${chosen.originalSize} bytes, more than the ${maximumBytes} allowed. ` +
        'If that is right, pass a larger maximumBytes.',
    );
  }
  const bytes = read((entry) => entry.name === chosen.name)[chosen.name]!;
  const expected = crcOf(archive, chosen.name);
  const received = crc32.buf(bytes) >>> 0;
  if (bytes.length !== chosen.originalSize || received !== expected) {
    throw new CorpusError(
      `${chosen.name} in ${name} unpacks to ${bytes.length} bytes with CRC-32 ${hex(received)}, expected ` +
        `${chosen.originalSize} bytes with ${hex(expected)}: the archive is damaged. Fetch it again.`,
    );
  }
  return bytes;
}

/** The CRC-32 of a file, from the archive's central directory, which fflate reads but does not hand out. */
function crcOf(archive: Uint8Array, name: string): number {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const wanted = new TextEncoder().encode(name);
  for (let at = archive.length - 46 - wanted.length; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x02014b50 || view.getUint16(at + 28, true) !== wanted.length) continue;
    if (wanted.every((byte, index) => archive[at + 46 + index] === byte)) return view.getUint32(at + 16, true);
  }
  throw new CorpusError(`${name} is not in the archive's directory: the archive is damaged. Fetch it again.`);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
