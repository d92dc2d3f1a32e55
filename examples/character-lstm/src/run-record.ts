import {type CorpusIdentity, UserError} from '@gatefold/example-command-line';
import type {Checkpoint} from '@gatefold/training';
import type {History} from './history';
import {settingsOf} from './options';
import type {Settings} from './settings';

const program = 'character-lstm';

/** What a checkpoint of this program carries beside the training itself; JSON. */
export type RunRecord = {
  settings: Settings;
  corpus: CorpusIdentity;
  history: History;
  stepsDone: number;
  /** Spent on training, validation and samples, all sittings together. */
  seconds: number;
};

/** A record as the `extra` of a checkpoint. */
export function toExtra(record: RunRecord): RunRecord & {program: string} {
  return {program, ...record};
}

/**
 * The record of a checkpoint.
 *
 * @throws UserError where the checkpoint was written by another program.
 */
export function recordOf(checkpoint: Checkpoint, folder: string): RunRecord {
  const extra = checkpoint.state.extra as (RunRecord & {program: string}) | undefined;
  if (extra?.program !== program) {
    throw new UserError(
      `The checkpoint in ${folder} was not written by this program. Choose another --output, or leave out --resume to start anew.`,
    );
  }
  const {settings, corpus, history, stepsDone, seconds} = extra;
  // A checkpoint from before there was an option has its default.
  return {settings: settingsOf(settings), corpus, history, stepsDone, seconds};
}
