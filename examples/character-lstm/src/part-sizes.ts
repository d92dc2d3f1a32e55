import {UserError} from '@gatefold/example-command-line';
import {exercise} from './exercise';

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
