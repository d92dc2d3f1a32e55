import {existsSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {UserError} from '@gatefold/example-command-line';
import {type Checkpoint, readCheckpoint, writeCheckpoint} from '@gatefold/training';
import type {Run} from './options';

const program = 'word2vec';

const folderOf = (output: string) => path.join(output, 'checkpoint');

/** Keeps a run that was stopped, so that it can go on. */
export function writeStoppedRun(output: string, run: Run, {state, ...checkpoint}: Checkpoint): Promise<void> {
  return writeCheckpoint(folderOf(output), {...checkpoint, state: {...state, program, run: {...run}}});
}

/**
 * Reads it.
 *
 * @throws UserError where none was stopped there.
 * @throws CheckpointError where it is damaged.
 */
export async function readStoppedRun(output: string): Promise<{run: Run; checkpoint: Checkpoint}> {
  const folder = folderOf(output);
  if (!existsSync(folder)) {
    throw new UserError(
      `There is no run in ${output} that was stopped. Leave out --resume to start one, or name the --output of another.`,
    );
  }
  const checkpoint = await readCheckpoint(folder);
  if (checkpoint.state.program !== program) {
    throw new UserError(`The checkpoint in ${folder} was not written by this program. Choose another --output.`);
  }
  return {run: checkpoint.state.run as unknown as Run, checkpoint};
}

/** Of a run that has come to its end there is nothing to go on with. */
export function removeStoppedRun(output: string): Promise<void> {
  return rm(folderOf(output), {recursive: true, force: true});
}
