import {brief, duration, grouped, resumeCommand, type Screen} from '@gatefold/example-command-line';
import type {Corpus} from '@gatefold/text8-data';
import {exercise} from './exercise';
import {defaultOutput} from './options';
import {programs} from './programs';
import type {Result} from './result';
import type {Run} from './run';
import type {RunFolder} from './run-folder';
import {symbolsOf} from './symbols';

/** Says what is about to be trained, on what, and where to. */
export function printHeading(
  screen: Screen,
  run: Run,
  corpus: Corpus,
  {validation, heldOut}: {validation: Corpus; heldOut: Corpus},
): void {
  const {program, hiddenSize, backend, seed, steps} = run.settings;
  const {bold} = screen.colours;
  screen.line(
    bold(`${programs[program].title}: one layer of ${hiddenSize}, ${grouped(steps)} steps, ${backend}, seed ${seed}`),
  );
  screen.line(`${corpus.name}: ${grouped(corpus.length)} characters`);
  screen.line(`first ${grouped(validation.length)} to validate on, last ${grouped(heldOut.length)} held out`);
  if (heldOut.length < exercise.heldOutSize) {
    screen.line(`A short text: a tenth of it is held out in place of ${grouped(exercise.heldOutSize)} characters.`);
  }
  if (run.checkpoint) screen.line(`Going on after ${grouped(run.stepsSaved)} steps.`);
  if (run.replacesAnother) {
    screen.line(`${run.files.folder} holds another run, which this one will replace; --output keeps both.`);
  }
  screen.line();
}

/** The figures of a finished run and the files it left. */
export function printResult(screen: Screen, result: Result, files: RunFolder): void {
  const {steps, seconds, validation, heldOut} = result;
  const {bold} = screen.colours;
  const program = programs[result.program];
  const {charactersPerSymbol} = symbolsOf(program);
  const characters = steps * program.batchSize * program.sequenceLength * charactersPerSymbol;
  screen.line(`${grouped(steps)} steps in ${duration(seconds)}, ${brief(characters / seconds)} characters/s`);
  screen.line();
  const ofPairs = program.symbols !== 'characters';
  screen.line(`${''.padEnd(26)}perplexity   bits per character${ofPairs ? '   perplexity per pair' : ''}`);
  for (const [name, {perplexity, perplexityPerSymbol, bitsPerCharacter}] of [
    [`first ${grouped(validation.characters)} characters`, validation],
    [`held-out ${grouped(heldOut.characters)}`, heldOut],
  ] as const) {
    screen.line(
      `${name.padEnd(26)}${bold(perplexity.toFixed(3).padStart(10))}${bold(bitsPerCharacter.toFixed(3).padStart(21))}` +
        (ofPairs ? perplexityPerSymbol.toFixed(2).padStart(22) : ''),
    );
  }
  screen.line();
  for (const [name, file] of [
    ['report', files.report],
    ['curves', files.curves],
    ['figures', files.result],
    ['checkpoint', files.checkpoint],
  ] as const) {
    screen.line(`${name.padEnd(12)}${file}`);
  }
}

/** How to go on with a run that was stopped. */
export function printStopped(screen: Screen, {stepsSaved, settings, files}: Run): void {
  if (stepsSaved === 0) {
    screen.line('Stopped before the first step: there is nothing to resume.');
    return;
  }
  screen.line(`Stopped after ${grouped(stepsSaved)} of ${grouped(settings.steps)} steps. To go on:`);
  screen.line();
  screen.line(`  ${resumeCommand(files.folder, {npmScript: 'start', defaultOutput})}`);
}
