/** Files by their paths: in Node. */
export interface VectorFiles {
  /** @throws Error where there is no such file, or it has more than `limit` bytes. */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** Writes a file whole or not at all. @throws Error where that cannot be. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}
