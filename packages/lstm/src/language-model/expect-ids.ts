import {IdRangeError} from '@gatefold/gpu-kernels';

/** Throws at the first id that is not in the vocabulary. Here, because on a GPU the kernels would take the nearest. */
export function expectIds(what: string, ids: ArrayLike<number>, vocabularySize: number): void {
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!;
    if (!(Number.isInteger(id) && id >= 0 && id < vocabularySize))
      throw new IdRangeError(what, id, position, vocabularySize);
  }
}
