import {CheckpointError, NonFiniteError} from '@gatefold/training';
import {describe, expect, it} from 'vitest';
import {describeFailure} from './failure';
import {OutputFolder} from './output-folder';
import {UserError} from './user-error';

describe('describeFailure', () => {
  it('is one sentence for what the user can mend', () => {
    expect(describeFailure(new UserError('No such thing.', 2))).toEqual({message: 'No such thing.', exitCode: 2});
    expect(describeFailure(new CheckpointError('It is cut.'))).toEqual({message: 'It is cut.', exitCode: 1});
  });

  it('names the checkpoint that a broken training leaves', () => {
    const run = {stepsSaved: 2001, files: new OutputFolder('out', [])};
    const {message, exitCode} = describeFailure(new NonFiniteError(2345, 'lstm0.kernel', Number.NaN), run);
    expect(message).toMatch(/^Step 2345: the gradient of lstm0.kernel is not finite/);
    expect(message).toMatch(/The checkpoint after 2001 steps stays in out.checkpoint\.$/);
    expect(exitCode).toBe(1);
  });

  it('shows where a fault of ours is', () => {
    expect(describeFailure(new TypeError('x is undefined')).message).toContain('failure.test.ts');
  });
});
