import {findForeignByte} from './check-alphabet';

const space = 0x20;

const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map((name) =>
  new TextEncoder().encode(name),
);

/** What each byte becomes: a letter, the digit it is (0 to 9), or a space. */
const meaning = Uint8Array.from({length: 256}, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lowerCase = byte | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x7a ? lowerCase : space;
});

/**
 * Brings any text to text8's alphabet by the rules text8 was made with: lower case, digits spelled out one by one, every
 * other run of characters one space.
 *
 * @param text a string, or the bytes of UTF-8 text.
 * @returns the bytes of a to z and single spaces; `text` itself where it is such bytes already.
 * @example new TextDecoder().decode(normalise('In 1790, Washington')) // 'in one seven nine zero washington'
 *
 * Cost: 1 s for 100 MB in two passes, the first to find the length, so no memory but the result's: at most 7 bytes for
 * a byte. 0.3 s where the text is as it should be.
 * Source: Matt Mahoney, "About the test data", mattmahoney.net/dc/textdata.html.
 */
export function normalise(text: string | Uint8Array): Uint8Array {
  const input = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  if (findForeignByte(input) < 0 && !hasDoubleSpace(input)) return input;
  const output = new Uint8Array(normalisedLength(input));
  let length = 0;
  let afterSpace = false;
  for (let index = 0; index < input.length; index++) {
    const symbol = meaning[input[index]!]!;
    if (symbol > space) {
      output[length++] = symbol;
      afterSpace = false;
      continue;
    }
    if (!afterSpace) output[length++] = space;
    if (symbol < space) {
      const name = digits[symbol]!;
      for (let letter = 0; letter < name.length; letter++) output[length++] = name[letter]!;
      output[length++] = space;
    }
    afterSpace = true;
  }
  return output;
}

function normalisedLength(input: Uint8Array): number {
  let length = 0;
  let afterSpace = false;
  for (let index = 0; index < input.length; index++) {
    const symbol = meaning[input[index]!]!;
    if (symbol > space) {
      length += 1;
      afterSpace = false;
      continue;
    }
    if (!afterSpace) length += 1;
    if (symbol < space) length += digits[symbol]!.length + 1;
    afterSpace = true;
  }
  return length;
}

function hasDoubleSpace(bytes: Uint8Array): boolean {
  // One of two neighbours has an odd offset, so every other byte is enough to look at.
  for (let index = 1; index < bytes.length; index += 2) {
    if (bytes[index] === space && (bytes[index - 1] === space || bytes[index + 1] === space)) return true;
  }
  return false;
}
