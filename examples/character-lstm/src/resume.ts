import {UserError} from '@gatefold/example-command-line';
import type {RunRecord} from './run-record';
import type {Settings} from './settings';

/** The option of each setting that must stay as it was. */
const fixed = {
  program: '--program',
  hiddenSize: '--hidden-size',
  optimizer: '--optimizer',
  learningRate: '--learning-rate',
  schedule: '--schedule',
  warmUp: '--warm-up',
  earlyStopping: '--early-stopping',
  backend: '--backend',
  seed: '--seed',
  corpus: '--corpus',
} as const;

/**
 * The settings to go on with: those of the run, which the ones given on the command line must agree with. Only the steps
 * may grow, even after the run has finished, unless the learning rate follows from how many there are.
 *
 * @throws UserError where a setting differs, or the run has done more steps than asked for.
 */
export function settingsToResume(
  given: Partial<Settings>,
  {settings, stepsDone}: Pick<RunRecord, 'settings' | 'stepsDone'>,
): Settings {
  for (const key of Object.keys(fixed) as (keyof typeof fixed)[]) {
    if (given[key] !== undefined && given[key] !== settings[key]) {
      throw new UserError(
        `${fixed[key]} is ${given[key]}, but the run to resume has ${settings[key] ?? 'none'}. Leave the option out to go on with it, ` +
          'or choose another --output to start a run of its own.',
      );
    }
  }
  const steps = given.steps ?? settings.steps;
  if (steps < stepsDone) {
    throw new UserError(
      `--steps is ${steps}, but the run to resume has done ${stepsDone}. Ask for more, or leave it out.`,
    );
  }
  if (steps !== settings.steps && settings.schedule === 'cosine') {
    throw new UserError(
      `--steps is ${steps}, but the run to resume falls along a cosine over ${settings.steps} steps, which end with it. ` +
        'Leave the option out, or choose another --output to start a run of its own.',
    );
  }
  return {...settings, steps};
}
