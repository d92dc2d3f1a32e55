import {rename, rm, writeFile} from 'node:fs/promises';

/** Nobody ever sees a file of that name that is not whole: it is written under another name, and moved. */
export async function writeAtOnce(target: string, bytes: Uint8Array): Promise<void> {
  const own = `${target}.${crypto.randomUUID()}.whole`;
  try {
    await writeFile(own, bytes, {flush: true});
    await rename(own, target);
  } catch (error) {
    await rm(own, {force: true});
    throw error;
  }
}
