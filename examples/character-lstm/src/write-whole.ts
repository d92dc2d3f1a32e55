import {rename, rm, writeFile} from 'node:fs/promises';

/** Writes a file whole or not at all. */
export async function writeWhole(file: string, contents: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    await writeFile(unfinished, contents);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, {force: true}).catch(() => undefined);
    throw error;
  }
}
