import {CorpusError} from '../errors/corpus-error';

/** A file in a zip archive, as the archive's directory has it. */
export interface ZipEntry {
  name: string;
  encrypted: boolean;
  /** How it is compressed: 0 not at all, 8 by deflate; others are rare. */
  method: number;
  /** Of the file as it was before it was compressed. */
  crc32: number;
  /** In bytes, before and after compression. */
  size: number;
  compressedSize: number;
  /** Where in the archive its own header lies. */
  headerOffset: number;
}

const signature = {header: 0x04034b50, directoryEntry: 0x02014b50, directoryEnd: 0x06054b50};
const directoryEndLength = 22;
/** Of the header before a file's bytes, without what varies. */
export const headerLength = 30;
const longestComment = 0xffff;

/** Whether bytes begin as a zip archive does, one without files included. */
export function isZip(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const first = viewOf(bytes).getUint32(0, true);
  return first === signature.header || first === signature.directoryEnd;
}

/** The end of an archive that surely has in it where the directory begins. */
export const longestDirectoryEnd = directoryEndLength + longestComment;

/**
 * Where the directory of an archive begins.
 *
 * @param end its last bytes, `longestDirectoryEnd` of them or all.
 * @throws CorpusError where that is not said.
 */
export function directoryStart(archiveName: string, end: Uint8Array): number {
  const view = viewOf(end);
  const at = directoryEnd(view);
  if (at === undefined) throw damagedArchive(archiveName, 'it has no directory at its end');
  return view.getUint32(at + 16, true);
}

/**
 * The files of a zip archive, by the directory at its end; nothing is unpacked.
 *
 * @param archive its bytes, or those from `start` on, where the directory begins.
 * @throws CorpusError where the archive is cut or damaged, or of the kind for more than 4 GiB (zip64).
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.12 and 4.3.16.
 */
export function readZipDirectory(archiveName: string, archive: Uint8Array, start = 0): ZipEntry[] {
  const view = viewOf(archive);
  const end = directoryEnd(view);
  if (end === undefined) throw damagedArchive(archiveName, 'it has no directory at its end');
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true) - start;
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at < 0 || at + 46 > end || view.getUint32(at, true) !== signature.directoryEntry) {
      throw damagedArchive(archiveName, `its directory has no entry at byte ${at}`);
    }
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    entries.push({
      name: new TextDecoder().decode(archive.subarray(at + 46, nameEnd)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (entries.some((entry) => Math.max(entry.size, entry.compressedSize, entry.headerOffset) === 0xffffffff)) {
    throw new CorpusError(`${archiveName} is a zip64 archive, expected one of less than 4 GiB. Zip the text again.`);
  }
  return entries;
}

/**
 * The compressed bytes of a file, sharing their memory with the archive.
 *
 * @throws CorpusError where they are not there whole.
 */
export function compressedBytes(archiveName: string, archive: Uint8Array, entry: ZipEntry): Uint8Array {
  const header = archive.subarray(entry.headerOffset, entry.headerOffset + headerLength);
  const {start, end} = compressedRange(archiveName, header, entry, archive.length);
  return archive.subarray(start, end);
}

/**
 * Where in an archive the compressed bytes of a file begin and end.
 *
 * @param header the `headerLength` bytes at the entry's `headerOffset`, fewer where the archive is cut.
 * @throws CorpusError where they are not there whole.
 */
export function compressedRange(
  archiveName: string,
  header: Uint8Array,
  entry: ZipEntry,
  archiveLength: number,
): {start: number; end: number} {
  const view = viewOf(header);
  const at = entry.headerOffset;
  if (header.length < headerLength || view.getUint32(0, true) !== signature.header) {
    throw damagedArchive(archiveName, `${entry.name} does not begin at byte ${at}, where the directory has it`);
  }
  const start = at + headerLength + view.getUint16(26, true) + view.getUint16(28, true);
  const end = start + entry.compressedSize;
  if (end > archiveLength) throw damagedArchive(archiveName, `${entry.name} ends at byte ${end} of ${archiveLength}`);
  return {start, end};
}

/** What is said of every archive that is not whole. */
export function damagedArchive(archiveName: string, finding: string, cause?: unknown): CorpusError {
  return new CorpusError(
    `${archiveName} is not a whole zip archive: ${finding}. It was cut or damaged: fetch it again.`,
    {cause},
  );
}

/** Where the record that ends the directory begins: before a comment that fills the rest of the archive. */
function directoryEnd(view: DataView): number | undefined {
  const last = view.byteLength - directoryEndLength;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (view.getUint32(at, true) === signature.directoryEnd && view.getUint16(at + 20, true) === last - at) return at;
  }
  return undefined;
}

function viewOf({buffer, byteOffset, byteLength}: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
