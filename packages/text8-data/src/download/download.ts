/** How far a download or the reading of a source is, in bytes. */
export interface Progress {
  received: number;
  /** Of the whole, where the sender says. */
  total?: number;
}

/** A file of known contents, and where it is fetched from. */
export interface Download {
  address: string;
  /** Its name in the cache. */
  file: string;
  /** Its length in bytes and its sha256, which what is fetched must have. */
  bytes: number;
  sha256: string;
  /** Where to keep it; default the user's cache folder. */
  cacheFolder?: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}
