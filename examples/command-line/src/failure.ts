import {inspect} from 'node:util';
import {BackendError} from '@gatefold/gpu-kernels';
import {CorpusError} from '@gatefold/text8-data';
import {CheckpointError, NonFiniteError} from '@gatefold/training';
import {UserError} from './user-error';

/** What to say of an error and what to end with: a sentence where the user can mend it, else a stack for us. */
export function describeFailure(
  error: unknown,
  run?: {stepsSaved: number; files: {checkpoint: string}},
): {message: string; exitCode: number} {
  const mendable = [BackendError, CheckpointError, CorpusError, NonFiniteError, UserError].some((kind) =>
    kind.isInstance(error),
  );
  const message = mendable && error instanceof Error ? error.message : inspect(error);
  const kept =
    run && run.stepsSaved > 0 ? `\nThe checkpoint after ${run.stepsSaved} steps stays in ${run.files.checkpoint}.` : '';
  return {message: message + kept, exitCode: error instanceof UserError ? error.exitCode : 1};
}
