import {createHash} from 'node:crypto';
import {UserError} from '@gatefold/example-command-line';
import {type Corpus, loadStateOfTheUnion, loadText8, type Progress} from '@gatefold/text8-data';
import {exercise} from './exercise';

/** Enough to recognise a text again. Plain JSON, for the checkpoint. */
export type CorpusIdentity = {name: string; characters: number; sha256: string};

export interface LoadOptions {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** The corpus of the --corpus option: one of the named ones, or a file, brought to a to z and space. */
export function loadChosenCorpus(choice: string, {signal, onProgress}: LoadOptions): Promise<Corpus> {
  if (choice === 'state-of-the-union') return loadStateOfTheUnion();
  if (choice === 'text8') return loadText8({signal, onProgress});
  return loadText8({path: choice, normalise: true, signal});
}

export function identityOf({name, bytes, length}: Corpus): CorpusIdentity {
  return {name, characters: length, sha256: createHash('sha256').update(bytes).digest('hex')};
}

/**
 * How many characters validate and how many are held out: the exercise's numbers, or for a short text a tenth each.
 *
 * @throws UserError where the text is too short for the figures to mean anything.
 */
export function partSizes({name, length}: {name: string; length: number}): {
  validationSize: number;
  heldOutSize: number;
} {
  const shortest = 1000;
  if (length < shortest) {
    throw new UserError(`${name} has ${length} characters, expected at least ${shortest}: choose a longer text.`);
  }
  const tenth = Math.floor(length / 10);
  return {
    validationSize: Math.min(exercise.validationSize, tenth),
    heldOutSize: Math.min(exercise.heldOutSize, tenth),
  };
}
