import type {Checkpoint} from '@gatefold/training';
import type {CorpusIdentity} from './corpus-choice';
import type {History} from './history';
import type {Settings} from './settings';
import {UserError} from './user-error';

const example = 'character-lstm';

/** What a checkpoint of this program carries beside the training itself. */
export type RunRecord = {
  settings: Settings;
  corpus: CorpusIdentity;
  history: History;
  /** Spent on training, validation and samples, all sittings together. */
  seconds: number;
};

/** A record as the `extra` of a checkpoint. */
export function toExtra(record: RunRecord): RunRecord & {example: string} {
  return {example, ...record};
}

/**
 * The record of a checkpoint.
 *
 * @throws UserError where the checkpoint was written by another program.
 */
export function recordOf(checkpoint: Checkpoint, folder: string): RunRecord {
  const extra = checkpoint.state.extra as (Partial<RunRecord> & {example?: string}) | undefined;
  const {settings, corpus, history, seconds} = extra ?? {};
  if (extra?.example !== example || !settings || !corpus || !history || seconds === undefined) {
    throw new UserError(
      `The checkpoint in ${folder} is not one of this program. Choose another --output, or leave out --resume to start anew.`,
    );
  }
  return {settings, corpus, history, seconds};
}
