// Trains the classic character LSTM on real text, and leaves a checkpoint, a report, its curves and its figures.

import {describeFailure, Interruption, Screen} from '@gatefold/example-command-line';
import {parseOptions, usage} from './options';
import {openRun, type Run} from './run';
import {printResult, printStopped} from './summary';
import {train} from './train';

const screen = new Screen(process.stdout, process.env);
const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

let run: Run | undefined;
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    screen.line(usage);
  } else {
    run = await openRun(options);
    if (run.finished) {
      screen.line(`The run in ${options.output} has done all its steps; its report is ${run.files.report}.`);
      screen.line('Ask for more of them with --steps, or leave out --resume to start anew.');
    } else {
      await run.files.prepare();
      printResult(screen, await train(run, screen, {signal: interruption.signal, ...options}), run.files);
    }
  }
} catch (error) {
  screen.endLive();
  if (run && interruption.signal.aborted && error === interruption.signal.reason) {
    printStopped(screen, run);
    process.exitCode = interruption.exitCode;
  } else {
    const {message, exitCode} = describeFailure(error, run);
    console.error(message);
    process.exitCode = exitCode;
  }
}
