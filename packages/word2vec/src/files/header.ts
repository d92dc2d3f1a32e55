import {WordVectorsError} from '../errors/word-vectors-error';
import type {WordVectors} from '../word-vectors/word-vectors';

/** The first line of word2vec's formats. */
export function headerOf({size, dimension}: WordVectors): string {
  return `${size} ${dimension}\n`;
}

/** Reads it. @throws WordVectorsError where it is not two counts. */
export function readHeader(bytes: Uint8Array): {size: number; dimension: number; offset: number} {
  const end = bytes.subarray(0, 64).indexOf(10);
  const line = new TextDecoder().decode(bytes.subarray(0, end < 0 ? 64 : end));
  const [, size, dimension] = /^(\d{1,9}) (\d{1,6})\s*$/.exec(line) ?? [];
  if (end < 0 || !Number(dimension)) {
    throw new WordVectorsError(
      `The file starts with ${JSON.stringify(line.slice(0, 40))}; the number of words and the dimension were expected, as in "71291 200".`,
    );
  }
  return {size: Number(size), dimension: Number(dimension), offset: end + 1};
}
