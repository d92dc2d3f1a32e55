/** The files of one checkpoint folder, in Node on disk, in a page in its private file system. */
export interface CheckpointFiles {
  /**
   * Writes files that take their names in order, and only once the bytes of all are on disk: where there is no room for
   * them, nothing has changed. The folder is made where it is missing.
   */
  write(files: readonly NamedBytes[]): Promise<void>;
  read(name: string): Promise<Uint8Array>;
  /** Removes the files that earlier writes left, but for `names`. */
  removeOthers(names: readonly string[]): Promise<void>;
}

export type NamedBytes = readonly [name: string, bytes: Uint8Array];

/** Whether a file in the folder is one that an earlier write left; any other file belongs to somebody else. */
export function isSuperseded(file: string, names: readonly string[]): boolean {
  const ours = /^tensors-[0-9a-f]{16}\.safetensors(\.unfinished)?$|^checkpoint\.json\.unfinished$/;
  return ours.test(file) && !names.includes(file);
}
