import {constants} from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and the terminal may each pass on the same Ctrl-C; a second one within this many milliseconds is no second wish. */
const echo = 300;

/** The user's wish to stop, as an AbortSignal. A second one ends the process at once. */
export class Interruption {
  readonly #controller = new AbortController();
  /** What the process ends with: 128 and the number of the signal, so 130 for Ctrl-C. */
  exitCode = 128 + constants.signals.SIGINT;

  constructor(program: Pick<NodeJS.Process, 'on' | 'exit'> = process) {
    let firstAt = 0;
    for (const signal of signals) {
      program.on(signal, () => {
        if (!this.signal.aborted) {
          firstAt = performance.now();
          this.exitCode = 128 + constants.signals[signal];
          this.stop();
        } else if (performance.now() - firstAt > echo) {
          program.exit(this.exitCode);
        }
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(): void {
    this.#controller.abort();
  }
}
