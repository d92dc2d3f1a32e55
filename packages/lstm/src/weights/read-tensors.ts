import type {StoredTensor} from '@gatefold/training';
import type {Tensor} from '@tensorflow/tfjs-core';

/** Reads tensors back from the backend under the names they have. */
export async function readTensors(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, StoredTensor>> {
  const stored: Record<string, StoredTensor> = {};
  for (const [name, value] of Object.entries(tensors)) {
    // A copy: on cpu `data()` is the tensor's own memory.
    stored[name] = {shape: value.shape, data: (await value.data<'float32'>()).slice()};
  }
  return stored;
}
