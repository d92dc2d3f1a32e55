import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';
import {headerOf, readHeader} from './header';

/** Longer words are taken for a sign that the file is damaged. */
const longestWord = 10_000;

/**
 * The binary format of word2vec: a line with the number of words and the dimension, then each word, a space, and its
 * values as float32, little-endian.
 *
 * @param options.style `gensim` (default) writes the bytes that gensim 4 writes, `word2vec.c` those of the original
 *     program, which ends every vector with a line break. Either reads both.
 * @throws WordVectorsError for a word that the format cannot hold: one with a space or a line break, or an empty one.
 */
export function encodeWord2VecBinary(
  vectors: WordVectors,
  {style = 'gensim'}: {style?: 'gensim' | 'word2vec.c'} = {},
): Uint8Array {
  const {words, values, dimension} = vectors;
  const names = words.map((word) => new TextEncoder().encode(`${expectWritable(word)} `));
  const header = new TextEncoder().encode(headerOf(vectors));
  const end = style === 'gensim' ? 0 : 1;
  const size = names.reduce((sum, name) => sum + name.length + 4 * dimension + end, header.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(header);
  let offset = header.length;
  names.forEach((name, word) => {
    bytes.set(name, offset);
    offset += name.length;
    for (let at = 0; at < dimension; at++, offset += 4) view.setFloat32(offset, values[word * dimension + at]!, true);
    if (end) bytes[offset++] = 10;
  });
  return bytes;
}

/**
 * Reads the binary format of word2vec, as gensim, word2vec.c and fastText's converters write it.
 *
 * @throws WordVectorsError where the header and the bytes do not fit each other, a word comes twice or is not UTF-8, or a
 *     value is not finite.
 */
export function decodeWord2VecBinary(bytes: Uint8Array): WordVectors {
  const {size, dimension, offset: start} = readHeader(bytes);
  const least = size * (4 * dimension + 2); // a word has one letter at least
  if (bytes.length - start < least) {
    throw new WordVectorsError(
      `The header says ${size} words of ${dimension} numbers, which take ${least} bytes at least; ${bytes.length - start} follow. ` +
        'The file is cut, or it is not of this format.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', {fatal: true});
  const words: string[] = [];
  const values = new Float32Array(size * dimension);
  let offset = start;
  for (let word = 0; word < size; word++) {
    while (bytes[offset] === 10) offset++;
    const end = bytes.subarray(0, offset + longestWord).indexOf(32, offset);
    if (end <= offset)
      throw damaged(word, size, end === offset ? 'is empty' : `does not end within ${longestWord} bytes`);
    try {
      words.push(decoder.decode(bytes.subarray(offset, end)));
    } catch {
      throw damaged(word, size, 'is not UTF-8');
    }
    offset = end + 1;
    if (offset + 4 * dimension > bytes.length) throw damaged(word, size, 'has a vector that is cut');
    for (let at = 0; at < dimension; at++, offset += 4) values[word * dimension + at] = view.getFloat32(offset, true);
  }
  while (bytes[offset] === 10) offset++;
  if (offset < bytes.length) {
    throw new WordVectorsError(`${bytes.length - offset} bytes follow the ${size} words that the header tells of.`);
  }
  return new WordVectors(words, values, dimension);
}

function damaged(word: number, size: number, fault: string): WordVectorsError {
  return new WordVectorsError(`Word ${word + 1} of ${size} ${fault}: the file is damaged, or not of this format.`);
}

/** @throws WordVectorsError for a word that a format of lines and spaces cannot hold. */
export function expectWritable(word: string): string {
  if (word !== '' && !/[ \n\r]/.test(word)) return word;
  throw new WordVectorsError(
    `The word "${word}" cannot be written: this format ends words with spaces and lines. Write safetensors instead.`,
  );
}
