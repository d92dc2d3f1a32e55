import {existsSync} from 'node:fs';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {UserError} from '@gatefold/example-command-line';

/** The folder of one run, and what lies in it. */
export class OutputFolder {
  readonly checkpoint: string;
  readonly report: string;
  readonly curves: string;
  readonly result: string;

  constructor(readonly folder: string) {
    this.checkpoint = path.join(folder, 'checkpoint');
    this.report = path.join(folder, 'report.html');
    this.curves = path.join(folder, 'curves.png');
    this.result = path.join(folder, 'result.json');
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
    for (const file of [this.result, this.report, this.curves]) await rm(file, {force: true});
  }
}
