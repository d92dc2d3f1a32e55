import {zipSync} from 'fflate';
import {describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {unzip} from './unzip';

const bytes = new TextEncoder().encode('the quick brown fox jumps over the lazy dog '.repeat(200));
const oneGiB = 2 ** 30;
const unpack = (archive: Uint8Array, maximumBytes = oneGiB) => unzip('fox.zip', archive, maximumBytes);

/** The one file's entry in the directory of an archive, to change. */
function directoryEntry(archive: Uint8Array): DataView {
  const end = new DataView(archive.buffer, archive.byteOffset + archive.length - 22);
  return new DataView(archive.buffer, archive.byteOffset + end.getUint32(16, true));
}

describe('unzip', () => {
  test.each([0, 1, 6, 9] as const)('gives what was zipped at level %d', async (level) => {
    expect(await unpack(zipSync({fox: bytes}, {level}))).toEqual(bytes);
  });

  test('reads an archive with a comment, and one that is part of a larger array', async () => {
    const commented = zipSync({fox: bytes}, {comment: 'Nothing to see here.'});
    const shifted = new Uint8Array(commented.length + 7);
    shifted.set(commented, 7);
    expect(await unpack(shifted.subarray(7))).toEqual(bytes);
  });

  test('takes the file called text8 among several', async () => {
    const other = Uint8Array.of(1);
    expect(await unpack(zipSync({readme: other, text8: bytes}))).toEqual(bytes);
    expect(await unpack(zipSync({readme: other, 'data/text8': bytes}))).toEqual(bytes);
    expect(await unpack(zipSync({'data/': new Uint8Array(), '__MACOSX/._fox': other, 'data/fox': bytes}))).toEqual(
      bytes,
    );
  });

  test('asks for one where there are several, or none', async () => {
    await expect(unpack(zipSync({a: bytes, b: bytes}))).rejects.toThrow(
      '2 files (a, b), expected one, or one called text8',
    );
    const many = Object.fromEntries(Array.from({length: 300}, (_, index) => [`file${index}`, Uint8Array.of(1)]));
    await expect(unpack(zipSync(many))).rejects.toThrow('300 files (file0, file1, file2, file3, file4, ...)');
    await expect(unpack(zipSync({}))).rejects.toThrow('0 files (none)');
  });

  test('of an archive cut anywhere is an error, never part of the text', async () => {
    const archive = zipSync({fox: bytes});
    for (let length = 4; length < archive.length; length++) {
      await expect(unpack(archive.subarray(0, length)), `${length} of ${archive.length} bytes`).rejects.toThrow(
        CorpusError,
      );
    }
    await expect(unpack(archive.subarray(0, 100))).rejects.toThrow('cut or damaged: fetch it again');
  });

  test('of an archive with one byte changed anywhere is the text or an error', async () => {
    const archive = zipSync({fox: bytes});
    for (let at = 0; at < archive.length; at++) {
      const damaged = archive.slice();
      damaged[at]! ^= 0x55;
      const result = await unpack(damaged).catch((error: unknown) => error);
      if (!CorpusError.isInstance(result)) expect(result, `byte ${at}`).toEqual(bytes);
    }
  });

  test('refuses what would unpack to more than allowed, before it does', async () => {
    const bomb = zipSync({bomb: new Uint8Array(20_000_000).fill(97)});
    expect(bomb.length).toBeLessThan(30_000);
    await expect(unpack(bomb, 1_000_000)).rejects.toThrow(
      'bomb in fox.zip would unpack to 20000000 bytes, more than the 1000000 allowed',
    );
  });

  test.each([
    ['less', 1000],
    ['more', 30_000_000],
  ])('refuses an archive that says it unpacks to %s than it does', async (_, size) => {
    const liar = zipSync({bomb: new Uint8Array(20_000_000).fill(97)});
    directoryEntry(liar).setUint32(24, size, true);
    await expect(unpack(liar)).rejects.toThrow(CorpusError);
    await expect(unpack(liar)).rejects.toThrow('is not a whole zip archive');
  });

  test('says what is wrong with a kind of archive it cannot read', async () => {
    const encrypted = zipSync({fox: bytes});
    directoryEntry(encrypted).setUint16(8, 1, true);
    await expect(unpack(encrypted)).rejects.toThrow('fox in fox.zip is encrypted');
    const compressed = zipSync({fox: bytes});
    directoryEntry(compressed).setUint16(10, 14, true);
    await expect(unpack(compressed)).rejects.toThrow('compressed by method 14, expected deflate');
    const large = zipSync({fox: bytes});
    directoryEntry(large).setUint32(24, 0xffffffff, true);
    await expect(unpack(large)).rejects.toThrow('zip64');
  });

  test('gives an empty file as what it is', async () => {
    expect(await unpack(zipSync({fox: new Uint8Array()}))).toHaveLength(0);
  });
});
