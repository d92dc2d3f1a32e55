import {platform} from '#platform';
import {isZip} from '../archive/zip-directory';
import {fileName} from '../corpus/read-source';
import {CorpusError} from '../errors/corpus-error';
import type {OpenFile} from '../platform/platform';
import type {Pair} from './pair';
import {checkColumns, linesOf, type PairColumns, parseLine} from './parse-line';

/**
 * A file of lines `source, tab, target` that need not fit in memory: any pair of it can be read, so that batches may
 * shuffle the whole of it. Node only; elsewhere, and for archives, `readPairs`.
 *
 * @example
 * const file = await PairFile.open('fra.txt');
 * const target = PairVocabulary.countWords(file.targets(), {size: 20_000});
 *
 * Memory: 8 bytes a pair. Cost: the file is read and checked once when it is opened, about a second for a million lines;
 * then some 4 µs a pair.
 */
export class PairFile implements Iterable<Pair> {
  readonly #name: string;
  readonly #file: OpenFile;
  readonly #columns: PairColumns;
  /** Where each line begins, and where one after the last would. */
  readonly #starts: Float64Array;

  private constructor(name: string, file: OpenFile, columns: PairColumns, starts: Float64Array) {
    this.#name = name;
    this.#file = file;
    this.#columns = columns;
    this.#starts = starts;
  }

  /**
   * Opens a file; to be closed.
   *
   * @throws CorpusError where there is no such file, it is empty, or a line holds no pair; it names the line.
   */
  static async open(path: string, options: PairColumns = {}): Promise<PairFile> {
    checkColumns(options);
    const name = fileName(path);
    const file = await platform.openFile(path);
    try {
      const head = new Uint8Array(4);
      if (isZip(head.subarray(0, file.read(head, 0)))) {
        throw new CorpusError(`${name} is a zip archive. Unpack it, or read it from end to end with readPairs().`);
      }
      let starts = new Float64Array(1024);
      let length = 0;
      for await (const line of linesOf((await platform.readChunks(path)).chunks)) {
        parseLine(name, line, options);
        if (length + 1 === starts.length) starts = doubled(starts);
        starts[length++] = line.start;
        starts[length] = line.start + line.bytes.length + 1;
      }
      if (length === 0) throw new CorpusError(`${name} is empty, expected lines of a source, a tab and a target.`);
      return new PairFile(name, file, options, starts.slice(0, length + 1));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** How many pairs there are. */
  get length(): number {
    return this.#starts.length - 1;
  }

  /**
   * One pair, counted from 0.
   *
   * @throws CorpusError where the file was changed since it was opened; RangeError where there is no such pair.
   */
  at(index: number): Pair {
    if (!(Number.isSafeInteger(index) && index >= 0 && index < this.length)) {
      throw new RangeError(`There is no pair ${index} in ${this.#name}, expected 0 to ${this.length - 1}.`);
    }
    const start = this.#starts[index]!;
    const bytes = new Uint8Array(this.#starts[index + 1]! - start - 1);
    this.#file.read(bytes, start);
    return parseLine(this.#name, {bytes, number: index + 1}, this.#columns);
  }

  *[Symbol.iterator](): Generator<Pair, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /** The source of every pair, to count a vocabulary of. */
  *sources(): Generator<string, void, undefined> {
    for (const [source] of this) yield source;
  }

  /** The target of every pair. */
  *targets(): Generator<string, void, undefined> {
    for (const [, target] of this) yield target;
  }

  close(): void {
    this.#file.close();
  }
}

function doubled(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
