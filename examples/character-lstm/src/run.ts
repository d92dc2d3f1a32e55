import {type CorpusIdentity, UserError} from '@gatefold/example-command-line';
import {type Checkpoint, readCheckpoint, type Training, writeCheckpoint} from '@gatefold/training';
import type {History} from './history';
import {type Options, settingsOf} from './options';
import {settingsToResume} from './resume';
import {RunFolder} from './run-folder';
import {type RunRecord, recordOf, toExtra} from './run-record';
import type {Settings} from './settings';

/** One run, whether it begins or goes on: its settings, its history, and its place on disk. */
export class Run {
  readonly history: History;
  /** How many steps the checkpoint on disk holds of this run. */
  stepsSaved: number;
  #corpus: CorpusIdentity | undefined;
  #seconds: number;
  readonly #secondsBefore: number;
  #savedNow = false;

  constructor(
    readonly settings: Settings,
    readonly files: RunFolder,
    /** What to go on from; undefined for a run that begins. */
    readonly checkpoint?: Checkpoint,
    record?: RunRecord,
  ) {
    this.history = record?.history ?? {points: [], samples: []};
    this.stepsSaved = record?.stepsDone ?? 0;
    this.#corpus = record?.corpus;
    this.#secondsBefore = record?.seconds ?? 0;
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

  get record(): RunRecord {
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
  async save(training: Training<never>, seconds: number): Promise<void> {
    if (!this.#savedNow) await this.files.removeResults();
    this.#savedNow = true;
    this.#seconds = this.#secondsBefore + seconds;
    const record = {...this.record, stepsDone: training.step};
    await writeCheckpoint(this.files.checkpoint, await training.checkpoint(toExtra(record)));
    this.stepsSaved = training.step;
  }
}

/**
 * The run that the options ask for.
 *
 * @throws UserError where there is none to resume, or the options do not agree with it.
 */
export async function openRun({given, output, resume}: Options): Promise<Run> {
  const files = new RunFolder(output);
  if (!resume) return new Run(settingsOf(given), files);
  if (!files.hasCheckpoint) {
    throw new UserError(
      `There is no run to resume: no checkpoint in ${files.checkpoint}. Leave out --resume to start one, or say where it is with --output.`,
    );
  }
  const checkpoint = await readCheckpoint(files.checkpoint);
  const record = recordOf(checkpoint, files.checkpoint);
  return new Run(settingsToResume(given, record), files, checkpoint, record);
}
