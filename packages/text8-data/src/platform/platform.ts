import type {CorpusError} from '../errors/corpus-error';

export interface Progress {
  /** Bytes so far. */
  received: number;
  /** Bytes in all, where the sender says. */
  total?: number;
}

/** A file that is kept: fetched once, checked, and found again the next time. */
export interface Download {
  address: string;
  /** Its name in the cache. */
  file: string;
  /** Its length and sha256, which what is fetched must have. */
  bytes: number;
  sha256: string;
  /** Where to keep it; default the user's cache folder. */
  cacheFolder?: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** What differs between Node and a page. */
export interface Platform {
  /** @throws CorpusError where there is no such file, or no files at all. */
  readFile(path: string): Promise<Uint8Array>;
  /** @throws CorpusError where it cannot be fetched whole. */
  fetchOnce(download: Download): Promise<Uint8Array>;
  /** Every address of the State of the Union, by year. */
  stateOfTheUnion(): Promise<{year: number; text: string}[]>;
}

export type {CorpusError};
