import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import {tensor, tidy} from '@tensorflow/tfjs-core';
import {CheckpointError} from '../errors/checkpoint-error';
import type {StoredTensor} from './safetensors';

/** Reads tensors back from the backend, under names that begin with `prefix/`. */
export async function storeTensors(
  prefix: string,
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, StoredTensor>> {
  const stored: Record<string, StoredTensor> = {};
  for (const [name, value] of Object.entries(tensors)) {
    // A copy: on cpu `data()` is the tensor's own memory, which the next optimizer step changes.
    stored[`${prefix}/${name}`] = {shape: value.shape, data: (await value.data<'float32'>()).slice()};
  }
  return stored;
}

/**
 * The stored tensor of a name, checked against the shape it must have.
 *
 * @throws CheckpointError where it is missing or of another shape or dtype.
 */
export function storedTensor(
  name: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  shape: readonly number[],
): Float32Array {
  const stored = tensors[name];
  const expected = `Float32Array [${shape.join(', ')}]`;
  if (!stored)
    throw new CheckpointError(`The checkpoint has no tensor ${name}, expected ${expected}: it is of another model.`);
  const fits = stored.data instanceof Float32Array && String(stored.shape) === String(shape);
  if (!fits) {
    throw new CheckpointError(
      `The checkpoint's tensor ${name} is ${stored.data.constructor.name} [${stored.shape.join(', ')}], ` +
        `expected ${expected}: it is of another model.`,
    );
  }
  return stored.data as Float32Array;
}

/**
 * Puts stored tensors back into variables of the same names; all or none.
 *
 * @throws CheckpointError where one is missing or of another shape or dtype.
 */
export function restoreTensors(
  prefix: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  variables: Readonly<Record<string, Variable>>,
): void {
  const found = Object.entries(variables).map(
    ([name, variable]) => [variable, storedTensor(`${prefix}/${name}`, tensors, variable.shape)] as const,
  );
  // `slice`: on cpu the new tensor would otherwise be the checkpoint's own memory, and training would change it.
  for (const [variable, data] of found) tidy(() => variable.assign(tensor(data.slice(), variable.shape)));
}
