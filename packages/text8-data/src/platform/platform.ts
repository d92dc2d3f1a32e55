import type {Download} from '../download/download';

export interface Chunks {
  /** What the text is called in errors. */
  name: string;
  /** How many bytes there will be, where that is known. */
  total?: number;
  chunks: AsyncIterable<Uint8Array>;
}

/** A file to read from anywhere. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** Reads from a position and says how many bytes: all of the array, but for the end of the file. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** A file that has its name when it is finished, and until then another. */
export interface NewFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Reads from a position, where as many bytes were written. */
  read(into: Uint8Array, position: number): Promise<void>;
  /** Cuts it to a length in bytes and gives it its name, once it is on the disk. */
  finish(length: number): Promise<void>;
  /** Leaves nothing of it. */
  discard(): Promise<void>;
}

/** What differs between Node and a page. */
export interface Platform {
  /** @throws CorpusError where there is no such file, or it is longer than `limit` bytes, or there are no files at all. */
  readFile(path: string, options: {limit: number; signal?: AbortSignal}): Promise<Uint8Array>;
  /**
   * The text of a plain file or of the one file in a zip archive, a piece at a time, so that it need not fit in memory. An
   * archive is known to be whole when the last chunk has come.
   *
   * @throws CorpusError where it cannot be read, or there are no files at all.
   */
  readChunks(path: string): Promise<Chunks>;
  /** @throws CorpusError where it cannot be read, or there are no files at all. */
  openFile(path: string): Promise<OpenFile>;
  /** @throws CorpusError where it cannot be written, or there are no files at all. */
  createFile(path: string): Promise<NewFile>;
  /**
   * Writes a file whole or not at all.
   *
   * @throws CorpusError where that cannot be, or there are no files at all.
   */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * The `size` bytes that a raw deflate stream holds.
   *
   * @throws any error where the stream is damaged, or holds more.
   */
  inflate(compressed: Uint8Array, size: number): Promise<Uint8Array>;
  /** @throws CorpusError where it cannot be fetched whole. */
  fetchOnce(download: Download): Promise<Uint8Array>;
  /** Every address of the State of the Union. */
  stateOfTheUnion(): Promise<{year: number; text: string}[]>;
}
