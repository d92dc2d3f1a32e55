/** The files of one checkpoint folder, in Node on disk, in a page in its private file system. */
export interface CheckpointFiles {
  /** Writes a file whole or not at all; the folder is made where it is missing. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  read(name: string): Promise<Uint8Array>;
  /** Removes the files of superseded checkpoints: any safetensors or unfinished file that is not in `names`. */
  removeOthers(names: readonly string[]): Promise<void>;
}

/** Whether a file in the folder is one that an earlier write left. */
export function isSuperseded(file: string, names: readonly string[]): boolean {
  return /^tensors-[0-9a-f]{16}\.safetensors$|\.unfinished$/.test(file) && !names.includes(file);
}
