import type {Corpus} from '../corpus/corpus';
import {WordReader} from './word-reader';
import type {WordTable} from './word-table';

/** Bytes read at once: what the words of them need in between stays in the cache. */
const pieceSize = 2 ** 20;

export interface ReadTextOptions {
  /** Brings the text to a to z and space; without it, other characters are an error. Default false. */
  normalise?: boolean;
}

/**
 * Reads a text that lies in memory, and gives the numbers of its words, a piece at a time, in arrays that are written
 * over.
 *
 * @returns how many words there were.
 * @throws CorpusError at a byte that is not a to z or space, unless those are normalised.
 */
export function readWords(
  text: Corpus | Uint8Array | string,
  table: WordTable,
  {normalise, grow}: ReadTextOptions & {grow: boolean},
  onNumbers: (numbers: Int32Array) => void,
): number {
  const isCorpus = typeof text === 'object' && 'bytes' in text;
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : isCorpus ? text.bytes : text;
  const reader = new WordReader(isCorpus ? text.name : 'The text', table, {
    grow,
    normalise: normalise && !isCorpus,
    checked: isCorpus,
  });
  for (let at = 0; at < bytes.length; at += pieceSize) onNumbers(reader.push(bytes.subarray(at, at + pieceSize)));
  onNumbers(reader.end());
  return reader.length;
}
