import {type RunRecord as RecordOf, recordOf as recordOfProgram} from '@gatefold/example-command-line';
import type {Checkpoint} from '@gatefold/training';
import type {History} from './history';
import {settingsOf} from './options';
import type {Settings} from './settings';

export const program = 'character-lstm';

export type RunRecord = RecordOf<Settings, History>;

/**
 * The record of a checkpoint.
 *
 * @throws UserError where the checkpoint was written by another program.
 */
export function recordOf(checkpoint: Checkpoint, folder: string): RunRecord {
  const record = recordOfProgram<Settings, History>(program, checkpoint, folder);
  return {...record, settings: settingsOf(record.settings)}; // from before there was an option, it has its default
}
