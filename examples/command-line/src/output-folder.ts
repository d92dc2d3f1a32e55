import {existsSync} from 'node:fs';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {UserError} from './user-error';

/** The folder of one run, and what lies in it. */
export class OutputFolder {
  readonly checkpoint: string;
  readonly result: string;
  readonly #others: readonly string[];

  /** @param others the names of what a finished run leaves beside its checkpoint and its result. */
  constructor(
    readonly folder: string,
    others: readonly string[],
  ) {
    this.checkpoint = this.file('checkpoint');
    this.result = this.file('result.json');
    this.#others = others;
  }

  /** The path of something here. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  get hasCheckpoint(): boolean {
    return existsSync(path.join(this.checkpoint, 'checkpoint.json'));
  }

  /** Whether the run here has come to its end: the result is the last file to be written. */
  get hasResult(): boolean {
    return existsSync(this.result);
  }

  /**
   * Makes the folder where it is missing, and finds out whether it can be written: better now than after the training.
   *
   * @throws UserError where it cannot.
   */
  async prepare(): Promise<void> {
    const trial = path.join(this.folder, '.writable');
    try {
      await mkdir(this.folder, {recursive: true});
      await writeFile(trial, '.');
      await rm(trial);
    } catch (error) {
      throw new UserError(
        `The output folder ${this.folder} cannot be written: ${error instanceof Error ? error.message : String(error)}. ` +
          'Choose another with --output.',
      );
    }
  }

  /** Removes the results, so that what lies beside a checkpoint is never of another run. */
  async removeResults(): Promise<void> {
    for (const file of [this.result, ...this.#others.map((name) => this.file(name))]) await rm(file, {force: true});
  }
}
