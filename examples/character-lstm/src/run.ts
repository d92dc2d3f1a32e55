import {Run as ProgramRun, readRun} from '@gatefold/example-command-line';
import type {History} from './history';
import {type Options, settingsOf} from './options';
import {settingsToResume} from './resume';
import {RunFolder} from './run-folder';
import {program, recordOf} from './run-record';
import type {Settings} from './settings';

export type Run = ProgramRun<Settings, History, RunFolder>;

/**
 * The run that the options ask for.
 *
 * @throws UserError where there is none to resume, or the options do not agree with it.
 */
export async function openRun({given, output, resume}: Options): Promise<Run> {
  const files = new RunFolder(output);
  if (!resume) return new ProgramRun(program, settingsOf(given), files, {history: {points: [], samples: []}});
  const checkpoint = await readRun(files);
  const record = recordOf(checkpoint, files.checkpoint);
  return new ProgramRun(program, settingsToResume(given, record), files, record, checkpoint);
}
