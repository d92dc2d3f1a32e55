import {
  OutputFolder,
  Run as ProgramRun,
  type RunRecord,
  readRun,
  recordOf,
  UserError,
} from '@gatefold/example-command-line';
import type {HistoryPoint} from './history';
import type {Options} from './options';
import {type Settings, settingsOf} from './settings';

const program = 'reverse-words';

/** What a finished run leaves beside its checkpoint and its result. */
const pictures = ['curves.svg', 'curves.png', 'attention.svg', 'attention.png'] as const;

export type Run = ProgramRun<Settings, HistoryPoint[]>;

/**
 * The run that the options ask for.
 *
 * @throws UserError where there is none to resume, or the options do not agree with it.
 */
export async function openRun({given, output, resume}: Pick<Options, 'given' | 'output' | 'resume'>): Promise<Run> {
  const files = new OutputFolder(output, pictures);
  if (!resume) return new ProgramRun(program, settingsOf(given), files, {history: []});
  const checkpoint = await readRun(files);
  const record = recordOf<Settings, HistoryPoint[]>(program, checkpoint, files.checkpoint);
  expectAgreement(given, record);
  return new ProgramRun(program, record.settings, files, record, checkpoint);
}

/** All settings are the run's: a schedule ends with its steps, and another text or seed is another run. */
function expectAgreement(given: Partial<Settings>, {settings}: RunRecord<Settings, unknown>): void {
  for (const name of Object.keys(given) as (keyof Settings)[]) {
    if (given[name] === settings[name]) continue;
    throw new UserError(
      `--${name} is ${given[name]}, but the run to resume has ${settings[name]}. Leave the option out to go on with it, ` +
        'or choose another --output to start a run of its own.',
    );
  }
}
