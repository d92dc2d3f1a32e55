import {CorpusError} from '../errors/corpus-error';
import type {Pair} from './pair';

const newline = 0x0a;
const decoder = new TextDecoder('utf-8', {fatal: true});

export interface PairColumns {
  /** Which columns are the source and the target, counted from 0; default `[0, 1]`. Others are passed over. */
  columns?: readonly [source: number, target: number];
}

/** A line of a text, and where it lies in it. */
export interface Line {
  /** Without its end. */
  bytes: Uint8Array;
  /** From 1. */
  number: number;
  /** The offset of its first byte. */
  start: number;
}

/** The lines of a text that comes in chunks, each in memory that is its own or its chunk's. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let begun: Uint8Array[] = [];
  let number = 1;
  let start = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const bytes = joined([...begun, chunk.subarray(from, end)]);
      yield {bytes, number, start};
      begun = [];
      number++;
      start += bytes.length + 1;
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.slice(from));
  }
  const bytes = joined(begun);
  if (bytes.length > 0) yield {bytes, number, start};
}

/**
 * The pair of a line whose columns are divided by tabs.
 *
 * @param name what the text is called in errors.
 * @throws CorpusError where a column is missing or empty, or it is no UTF-8; it names the line.
 */
export function parseLine(name: string, {bytes, number}: Omit<Line, 'start'>, {columns = [0, 1]}: PairColumns): Pair {
  const parts = decoded(name, bytes, number).replace(/\r$/, '').split('\t');
  const [source, target] = [parts[columns[0]], parts[columns[1]]];
  if (source && target) return [source, target];
  const needed = Math.max(...columns) + 1;
  const found =
    parts.length < needed
      ? `has ${parts.length === 1 ? 'one column' : `${parts.length} columns`}, expected at least ${needed}`
      : `has nothing in column ${(source ? columns[1] : columns[0]) + 1}`;
  throw new CorpusError(
    `Line ${number} of ${name} ${found}: a source and a target with a tab between. Mend or remove the line.`,
  );
}

/** @throws RangeError where a column is not a whole number from 0. */
export function checkColumns({columns = [0, 1]}: PairColumns): void {
  if (columns.length === 2 && columns.every((column) => Number.isSafeInteger(column) && column >= 0)) return;
  throw new RangeError(`columns is ${JSON.stringify(columns)}, expected two whole numbers from 0.`);
}

function decoded(name: string, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new CorpusError(`Line ${number} of ${name} is not UTF-8. Save the file as UTF-8.`, {cause: error});
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
