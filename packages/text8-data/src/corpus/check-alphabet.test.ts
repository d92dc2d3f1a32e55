import {expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {checkAlphabet, findForeignByte} from './check-alphabet';

const alphabet = ' abcdefghijklmnopqrstuvwxyz';

test('every byte is known for what it is, at every place in a word, at every alignment', () => {
  const text = new TextEncoder().encode('zaz a zaz az a');
  const room = new Uint8Array(text.length + 4);
  for (let alignment = 0; alignment < 4; alignment++) {
    const bytes = room.subarray(alignment, alignment + text.length);
    for (let at = 0; at < text.length; at++) {
      bytes.set(text);
      for (let byte = 0; byte < 256; byte++) {
        bytes[at] = byte;
        const expected = alphabet.includes(String.fromCharCode(byte)) ? -1 : at;
        if (findForeignByte(bytes) !== expected)
          expect({alignment, at, byte, found: findForeignByte(bytes)}).toBe(expected);
      }
    }
  }
});

test('the first of several foreign bytes is the one that is named', () => {
  const bytes = new TextEncoder().encode('abcdefg hIjklM9');
  expect(findForeignByte(bytes)).toBe(9);
  expect(() => checkAlphabet('novel', bytes)).toThrow(CorpusError);
  expect(() => checkAlphabet('novel', bytes)).toThrow(
    'novel has byte 0x49 ("I") at offset 9, expected only a to z and space',
  );
});

test.each([0, 1, 2, 3, 4, 5])('a text of %d characters is checked to its end', (length) => {
  expect(findForeignByte(new Uint8Array(length).fill(97))).toBe(-1);
  expect(findForeignByte(Uint8Array.from([...new Uint8Array(length).fill(97), 0]))).toBe(length);
});
