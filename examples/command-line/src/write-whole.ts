import {open, rename, rm} from 'node:fs/promises';
import {UserError} from './user-error';

/**
 * Writes a file whole or not at all: under another name first, and renamed once it is on disk.
 *
 * @throws UserError where it cannot be written; what was there before is untouched.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    const handle = await open(unfinished, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, {force: true}).catch(() => undefined);
    throw new UserError(
      `${file} could not be written: ${error instanceof Error ? error.message : String(error)}. ` +
        'Free some space or choose another --output.',
    );
  }
}
