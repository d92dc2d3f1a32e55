import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import {storedTensor} from './stored-tensors';

const prefix = 'parameters/';

/**
 * The mean of the parameters of several checkpoints of one training: a model that is often better than each of them, and at
 * no cost when it is used. Best of the last few, some hundred steps apart.
 *
 * @returns a checkpoint of the model alone, with the configuration of the last one given: there is no training to resume.
 * @throws RangeError where none is given.
 * @throws CheckpointError where they are not all of one kind, or their parameters differ in name or shape.
 * @example
 * const last = await Promise.all(['run/8000', 'run/9000', 'run/10000'].map(readCheckpoint));
 * const model = LanguageModel.fromCheckpoint(averageCheckpoints(last));
 *
 * Source: Junczys-Dowmunt et al. 2016 (arXiv 1610.01108), 2.3; Vaswani et al. 2017 (arXiv 1706.03762), 6.1.
 */
export function averageCheckpoints(checkpoints: readonly Checkpoint[]): Checkpoint {
  const last = checkpoints.at(-1);
  if (!last) throw new RangeError('There are no checkpoints to average, expected at least one.');
  const names = (checkpoint: Checkpoint) => Object.keys(checkpoint.tensors).filter((name) => name.startsWith(prefix));
  for (const each of checkpoints) {
    if (each.kind !== last.kind) {
      throw new CheckpointError(`A checkpoint to average is of kind "${each.kind}", expected "${last.kind}".`);
    }
    const other = names(each).find((name) => !(name in last.tensors));
    if (other) throw new CheckpointError(`Only some of the checkpoints to average have a tensor ${other}.`);
  }
  const tensors = names(last).map((name) => {
    const {shape} = last.tensors[name]!;
    const all = checkpoints.map((checkpoint) => storedTensor(name, checkpoint.tensors, shape));
    const mean = (_: number, at: number) => all.reduce((sum, data) => sum + data[at]!, 0) / all.length;
    return [name, {shape, data: Float32Array.from(all[0]!, mean)}] as const;
  });
  const {training: _, extra: __, ...state} = last.state;
  return {kind: last.kind, state, tensors: Object.fromEntries(tensors)};
}
