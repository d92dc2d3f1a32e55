import {zipSync} from 'fflate';
import {expect, test} from 'vitest';
import {compressedBytes, isZip, readZipDirectory} from './zip-directory';

const abc = new TextEncoder().encode('abc');

test('isZip knows an archive by its first bytes', () => {
  expect(isZip(zipSync({abc}))).toBe(true);
  expect(isZip(zipSync({}))).toBe(true);
  expect(isZip(new TextEncoder().encode('PKs and other text'))).toBe(false);
  expect(isZip(Uint8Array.of(0x50, 0x4b))).toBe(false);
});

test('the directory has the name, lengths and CRC-32 of every file, and where it lies', () => {
  const archive = zipSync({'folder/ä.txt': abc, b: new Uint8Array(1000)}, {level: 0});
  const entries = readZipDirectory('two.zip', archive);
  expect(entries).toMatchObject([
    {name: 'folder/ä.txt', size: 3, compressedSize: 3, crc32: 0x352441c2, method: 0, encrypted: false},
    {name: 'b', size: 1000},
  ]);
  expect(compressedBytes('two.zip', archive, entries[0]!)).toEqual(abc);
});
