// Teaches a model to turn every word round, and leaves a checkpoint, curves, a picture of its attention and figures.

import {describeFailure, grouped, Interruption, resumeCommand, Screen} from '@gatefold/example-command-line';
import {defaultOutput, npmScript, parseOptions, usage} from './options';
import type {Result} from './result';
import {openRun, type Run} from './run';
import {percent, train} from './train';

const screen = new Screen(process.stdout, process.env);
const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

function printResult({sentence, made, heldOut}: Result, {files}: Run): void {
  const {bold} = screen.colours;
  screen.line(`held-out text: ${bold(percent(heldOut.wordsRight))} of ${grouped(heldOut.words)} words turned right`);
  screen.line(
    `               ${percent(heldOut.exactMatch)} of ${grouped(heldOut.windows)} windows without a fault, perplexity ${heldOut.perplexity.toFixed(4)}`,
  );
  screen.line(`${sentence} → ${bold(made)}\n`);
  for (const name of ['attention.png', 'curves.png', 'result.json', 'checkpoint']) screen.line(files.file(name));
}

function printStopped({stepsSaved, settings, files}: Run): void {
  if (stepsSaved === 0) {
    screen.line('Stopped before the first step: there is nothing to resume.');
    return;
  }
  screen.line(`Stopped after ${grouped(stepsSaved)} of ${grouped(settings.steps)} steps. To go on:\n`);
  screen.line(`  ${resumeCommand(files.folder, {npmScript, defaultOutput})}`);
}

let run: Run | undefined;
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    screen.line(usage);
  } else {
    run = await openRun(options);
    if (run.finished) {
      screen.line(`The run in ${options.output} has done all its steps. Leave out --resume to start anew.`);
    } else {
      await run.files.prepare();
      printResult(await train(run, screen, {signal: interruption.signal, ...options}), run);
    }
  }
} catch (error) {
  screen.endLive();
  if (run && interruption.signal.aborted && error === interruption.signal.reason) {
    printStopped(run);
    process.exitCode = interruption.exitCode;
  } else {
    const {message, exitCode} = describeFailure(error, run);
    console.error(message);
    process.exitCode = exitCode;
  }
}
