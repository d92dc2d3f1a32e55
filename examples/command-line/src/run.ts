import {type Checkpoint, type JSONValue, readCheckpoint, type Training, writeCheckpoint} from '@gatefold/training';
import type {CorpusIdentity} from './corpus';
import type {OutputFolder} from './output-folder';
import {UserError} from './user-error';

/** What a checkpoint of a program carries beside the training itself; JSON. */
export type RunRecord<Settings, History> = {
  settings: Settings;
  corpus: CorpusIdentity;
  history: History;
  stepsDone: number;
  /** Spent on training, validation and samples, all sittings together. */
  seconds: number;
};

/** One run of a program, whether it begins or goes on: its settings, its history, and its place on disk. */
export class Run<
  Settings extends {steps: number; corpus: string} & JSONValue,
  History extends JSONValue,
  Files extends OutputFolder = OutputFolder,
> {
  readonly history: History;
  /** How many steps the checkpoint on disk holds of this run. */
  stepsSaved: number;
  #corpus: CorpusIdentity | undefined;
  #seconds: number;
  readonly #secondsBefore: number;
  #savedNow = false;

  /** @param begun what to go on from, with its checkpoint; of a run that begins its empty history alone. */
  constructor(
    readonly program: string,
    readonly settings: Settings,
    readonly files: Files,
    begun: Pick<RunRecord<Settings, History>, 'history'> & Partial<RunRecord<Settings, History>>,
    readonly checkpoint?: Checkpoint,
  ) {
    this.history = begun.history;
    this.stepsSaved = begun.stepsDone ?? 0;
    this.#corpus = begun.corpus;
    this.#secondsBefore = begun.seconds ?? 0;
    this.#seconds = this.#secondsBefore;
  }

  /** Whether nothing is left to do: no step, and no result to write. */
  get finished(): boolean {
    return this.checkpoint !== undefined && this.stepsSaved === this.settings.steps && this.files.hasResult;
  }

  /** Whether the folder holds another run, which the first checkpoint of this one will replace. */
  get replacesAnother(): boolean {
    return this.checkpoint === undefined && this.files.hasCheckpoint;
  }

  /** As the checkpoint on disk has it. */
  get record(): RunRecord<Settings, History> {
    const {settings, history, stepsSaved: stepsDone} = this;
    return {settings, corpus: this.#corpus!, history, stepsDone, seconds: this.#seconds};
  }

  /**
   * Says what text the run is on.
   *
   * @throws UserError where the run to go on with was on another.
   */
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
    this.#seconds = this.#secondsBefore + seconds;
    const extra = {program: this.program, ...this.record, stepsDone: training.step};
    await writeCheckpoint(this.files.checkpoint, await training.checkpoint(extra));
    this.stepsSaved = training.step;
  }
}

/**
 * The checkpoint of the run in a folder.
 *
 * @throws UserError where there is none.
 */
export function readRun(files: OutputFolder): Promise<Checkpoint> {
  if (files.hasCheckpoint) return readCheckpoint(files.checkpoint);
  throw new UserError(
    `There is no run to resume: no checkpoint in ${files.checkpoint}. Leave out --resume to start one, or say where it is with --output.`,
  );
}

/**
 * The record of a checkpoint.
 *
 * @throws UserError where the checkpoint was written by another program.
 */
export function recordOf<Settings, History>(
  program: string,
  {state}: Checkpoint,
  folder: string,
): RunRecord<Settings, History> {
  const extra = state.extra as (RunRecord<Settings, History> & {program: string}) | undefined;
  if (extra?.program === program) return extra;
  throw new UserError(
    `The checkpoint in ${folder} was not written by this program. Choose another --output, or leave out --resume to start anew.`,
  );
}
