import {type CorpusIdentity, OutputFolder, UserError} from '@gatefold/example-command-line';
import {type Checkpoint, readCheckpoint, type Training, writeCheckpoint} from '@gatefold/training';
import type {HistoryPoint} from './history';
import type {Options} from './options';
import {type Settings, settingsOf} from './settings';

const program = 'reverse-words';

/** What a finished run leaves beside its checkpoint and its result. */
const pictures = ['curves.svg', 'curves.png', 'attention.svg', 'attention.png'] as const;

/** What a checkpoint of this program carries beside the training itself; JSON. */
type RunRecord = {
  settings: Settings;
  corpus: CorpusIdentity;
  history: HistoryPoint[];
  stepsDone: number;
  /** Spent on training, validation and decoding, all sittings together. */
  seconds: number;
};

/** One run, whether it begins or goes on: its settings, its history, and its place on disk. */
export class Run {
  readonly history: HistoryPoint[];
  /** How many steps the checkpoint on disk holds of this run. */
  stepsSaved: number;
  /** Of training, as the checkpoint has it. */
  seconds: number;
  #corpus: CorpusIdentity | undefined;
  readonly #secondsBefore: number;
  #savedNow = false;

  constructor(
    readonly settings: Settings,
    readonly files: OutputFolder,
    /** What to go on from; undefined for a run that begins. */
    readonly checkpoint?: Checkpoint,
    record?: RunRecord,
  ) {
    this.history = record?.history ?? [];
    this.stepsSaved = record?.stepsDone ?? 0;
    this.#corpus = record?.corpus;
    this.#secondsBefore = record?.seconds ?? 0;
    this.seconds = this.#secondsBefore;
  }

  /** Whether nothing is left to do: no step, and no result to write. */
  get finished(): boolean {
    return this.checkpoint !== undefined && this.stepsSaved === this.settings.steps && this.files.hasResult;
  }

  /** @throws UserError where the run to go on with was on another text. */
  useCorpus(corpus: CorpusIdentity): void {
    if (this.#corpus && this.#corpus.sha256 !== corpus.sha256) {
      throw new UserError(
        `The run to resume was trained on ${this.#corpus.name} with ${this.#corpus.characters} characters; ` +
          `${this.settings.corpus} now holds another text, with ${corpus.characters}. Bring the old one back, or start anew.`,
      );
    }
    this.#corpus = corpus;
  }

  /** Writes the checkpoint, after `seconds` of this sitting. The results of what was here before go with the first one. */
  async save(training: Pick<Training<never>, 'step' | 'checkpoint'>, seconds: number): Promise<void> {
    if (!this.#savedNow) await this.files.removeResults();
    this.#savedNow = true;
    this.seconds = this.#secondsBefore + seconds;
    const {settings, history} = this;
    const record: RunRecord = {
      settings,
      corpus: this.#corpus!,
      history,
      stepsDone: training.step,
      seconds: this.seconds,
    };
    await writeCheckpoint(this.files.checkpoint, await training.checkpoint({program, ...record}));
    this.stepsSaved = training.step;
  }
}

/**
 * The run that the options ask for.
 *
 * @throws UserError where there is none to resume, or the options do not agree with it.
 */
export async function openRun({given, output, resume}: Pick<Options, 'given' | 'output' | 'resume'>): Promise<Run> {
  const files = new OutputFolder(output, pictures);
  if (!resume) return new Run(settingsOf(given), files);
  if (!files.hasCheckpoint) {
    throw new UserError(
      `There is no run to resume: no checkpoint in ${files.checkpoint}. Leave out --resume to start one, or say where it is with --output.`,
    );
  }
  const checkpoint = await readCheckpoint(files.checkpoint);
  const record = checkpoint.state.extra as (RunRecord & {program: string}) | undefined;
  if (record?.program !== program) {
    throw new UserError(
      `The checkpoint in ${files.checkpoint} was not written by this program. Choose another --output, or leave out --resume to start anew.`,
    );
  }
  expectAgreement(given, record);
  return new Run(record.settings, files, checkpoint, record);
}

/** All settings are the run's: a schedule ends with its steps, and another text or seed is another run. */
function expectAgreement(given: Partial<Settings>, {settings}: RunRecord): void {
  for (const name of Object.keys(given) as (keyof Settings)[]) {
    if (given[name] === settings[name]) continue;
    throw new UserError(
      `--${name} is ${given[name]}, but the run to resume has ${settings[name]}. Leave the option out to go on with it, ` +
        'or choose another --output to start a run of its own.',
    );
  }
}
