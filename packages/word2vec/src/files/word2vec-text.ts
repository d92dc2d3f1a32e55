import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';
import {float32ToText, sixDecimals} from './float32-to-text';
import {headerOf, readHeader} from './header';
import {expectWritable} from './word2vec-binary';

/**
 * The text format of word2vec: a line with the number of words and the dimension, then a line for each word with its
 * values, separated by spaces.
 *
 * @param options.style `gensim` (default) writes the bytes that gensim 4 writes, with as many digits as tell float32 values
 *     apart; `word2vec.c` those of the original program, six decimals and a space before each line's end. Either reads both.
 * @throws WordVectorsError for a word that the format cannot hold: one with a space or a line break, or an empty one.
 */
export function encodeWord2VecText(
  vectors: WordVectors,
  {style = 'gensim'}: {style?: 'gensim' | 'word2vec.c'} = {},
): Uint8Array {
  const {words, values, dimension} = vectors;
  const [toText, end] = style === 'gensim' ? [float32ToText, '\n'] : [sixDecimals, ' \n'];
  const encoder = new TextEncoder();
  // Line by line: the whole text may be longer than a string can be.
  const lines = words.map((word, index) => {
    const row = values.subarray(index * dimension, (index + 1) * dimension);
    return encoder.encode(`${expectWritable(word)} ${Array.from(row, toText).join(' ')}${end}`);
  });
  lines.unshift(encoder.encode(headerOf(vectors)));
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let offset = 0;
  for (const line of lines) {
    bytes.set(line, offset);
    offset += line.length;
  }
  return bytes;
}

/**
 * Reads the text format of word2vec, which is also fastText's `.vec`.
 *
 * @throws WordVectorsError where the header and the lines do not fit each other, a word comes twice, or a value is no finite
 *     number.
 */
export function decodeWord2VecText(bytes: Uint8Array): WordVectors {
  const {size, dimension, offset} = readHeader(bytes);
  const least = size * (2 * dimension + 2); // a letter and a line break, and for each value a space and a digit
  if (bytes.length - offset < least) {
    throw new WordVectorsError(
      `The header says ${size} words of ${dimension} numbers, which take ${least} bytes at least; ${bytes.length - offset} follow. ` +
        'The file is cut, or it is not of this format.',
    );
  }
  const words: string[] = [];
  const values = new Float32Array(size * dimension);
  const decoder = new TextDecoder('utf-8', {fatal: true});
  let from = offset;
  while (from < bytes.length) {
    const next = bytes.indexOf(10, from);
    const number = words.length + 2;
    if (next < 0)
      throw new WordVectorsError(`Line ${number} has no end: the file is cut. A whole one ends with a line break.`);
    let line: string;
    try {
      line = decoder.decode(bytes.subarray(from, next));
    } catch {
      throw new WordVectorsError(`Line ${number} is not UTF-8.`);
    }
    from = next + 1;
    const [word, ...numbers] = line.trimEnd().split(' ');
    if (!word && from >= bytes.length) break;
    if (words.length === size)
      throw new WordVectorsError(`More lines follow the ${size} words that the header tells of.`);
    if (!word || numbers.length !== dimension || numbers.includes('')) {
      throw new WordVectorsError(
        `Line ${number} is ${JSON.stringify(line.slice(0, 40))}, ${numbers.length} values after the word; ${dimension} were expected.`,
      );
    }
    const start = words.length * dimension;
    for (let at = 0; at < dimension; at++) {
      const value = Number(numbers[at]);
      if (!Number.isFinite(value)) {
        throw new WordVectorsError(`Line ${number}, "${word}": "${numbers[at]!.slice(0, 20)}" is no finite number.`);
      }
      values[start + at] = value;
    }
    words.push(word);
  }
  if (words.length < size) {
    throw new WordVectorsError(`The header says ${size} words, and ${words.length} follow: the file is cut.`);
  }
  return new WordVectors(words, values, dimension);
}
