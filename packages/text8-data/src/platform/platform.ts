import type {Download} from '../download/download';

/** What differs between Node and a page. */
export interface Platform {
  /** @throws CorpusError where there is no such file, or it is longer than `limit` bytes, or there are no files at all. */
  readFile(path: string, options: {limit: number; signal?: AbortSignal}): Promise<Uint8Array>;
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
