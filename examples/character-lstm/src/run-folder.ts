import {OutputFolder} from '@gatefold/example-command-line';

/** The folder of one run, and what lies in it. */
export class RunFolder extends OutputFolder {
  readonly report: string;
  readonly curves: string;

  constructor(folder: string) {
    super(folder, ['report.html', 'curves.png']);
    this.report = this.file('report.html');
    this.curves = this.file('curves.png');
  }
}
