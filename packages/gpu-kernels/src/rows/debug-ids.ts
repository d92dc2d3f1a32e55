import {getBackend, type Tensor} from '@tensorflow/tfjs-core';
import {IdRangeError} from '../errors/id-range-error';

let debugging = false;
/** An id out of range that could only be read when the operation had returned. */
let late: IdRangeError | undefined;

/** Whether ids are read back from a GPU and checked, which makes every operation wait for it. */
export function setDebug(on: boolean): void {
  debugging = on;
  late = undefined;
}

/** Whether the backend in use takes an id out of range for the nearest one, because its kernels cannot throw. */
export function clampsIds(): boolean {
  return ['webgpu', 'webgl'].includes(getBackend());
}

/**
 * In debug mode throws an IdRangeError at the first id that is not in [least, size). Only for GPUs, whose kernels clamp; the
 * other backends always check. Node cannot wait for a GPU: where the ids exist only there, the next call throws.
 *
 * @param least 0, or -1 where that says that there is nothing.
 */
export function debugIds(what: string, ids: Tensor, size: number, least: 0 | -1 = 0): void {
  if (!debugging || !clampsIds()) return;
  if (late) {
    const error = late;
    late = undefined;
    throw error;
  }
  let values: ArrayLike<number>;
  try {
    values = ids.dataSync();
  } catch {
    void ids.data().then((values) => {
      late ??= firstOutside(what, values, size, least);
    });
    return;
  }
  const error = firstOutside(what, values, size, least);
  if (error) throw error;
}

function firstOutside(what: string, ids: ArrayLike<number>, size: number, least: number): IdRangeError | undefined {
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!;
    if (id < least || id >= size) return new IdRangeError(what, id, position, size);
  }
  return undefined;
}
