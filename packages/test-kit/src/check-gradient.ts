import {grads, type Scalar, type Tensor, tensor} from '@tensorflow/tfjs-core';
import {seededValues} from './seeded-values';

/**
 * Compares the gradient of a scalar function with differences of its values, along seeded random directions.
 *
 * Central differences at two distances, combined so that their errors cancel up to the fifth order (Richardson 1911).
 * In float32 a smooth function then gives its slope to about 1e-3 of the steepest one, which a wrong term does not pass.
 */
export async function checkGradient(
  f: (...inputs: Tensor[]) => Scalar,
  inputs: {shape: number[]; values: Float32Array}[],
  {directions = 3, distance = 0.03, relative = 2e-3} = {},
): Promise<void> {
  const at = (moves: Float32Array[], by: number) => {
    const moved = inputs.map(({shape, values}, index) =>
      tensor(
        values.map((value, position) => value + by * moves[index]![position]!),
        shape,
      ),
    );
    const result = f(...moved);
    return {moved, result};
  };
  const value = async (moves: Float32Array[], by: number) => {
    const {moved, result} = at(moves, by);
    const [number] = await result.data();
    for (const each of [...moved, result]) each.dispose();
    return number!;
  };
  const still = inputs.map(({values}) => new Float32Array(values.length));
  const tensors = inputs.map(({shape, values}) => tensor(values.slice(), shape));
  const gradients = grads(f as (...inputs: Tensor[]) => Tensor)(tensors);
  const analytic = await Promise.all(gradients.map((gradient) => gradient.data<'float32'>()));
  const length = Math.sqrt(analytic.flatMap((part) => [...part]).reduce((sum, each) => sum + each * each, 0));
  for (const each of [...tensors, ...gradients]) each.dispose();
  for (let direction = 0; direction < directions; direction++) {
    const raw = still.map((part, index) => seededValues(part.length, 1000 * direction + index));
    const norm = Math.sqrt(raw.flatMap((part) => [...part]).reduce((sum, each) => sum + each * each, 0));
    const moves = raw.map((part) => part.map((each) => each / norm));
    const near = ((await value(moves, distance)) - (await value(moves, -distance))) / (2 * distance);
    const far = ((await value(moves, 2 * distance)) - (await value(moves, -2 * distance))) / (4 * distance);
    const numeric = (4 * near - far) / 3;
    const slope = analytic.reduce(
      (sum, part, index) => sum + part.reduce((inner, each, position) => inner + each * moves[index]![position]!, 0),
      0,
    );
    if (!(Math.abs(numeric - slope) <= relative * Math.max(length, 1e-3))) {
      throw new Error(
        `along direction ${direction} the values rise by ${numeric}, the gradient says ${slope} (length ${length})`,
      );
    }
  }
}
