import {grads, type Scalar, type Tensor, tensor} from '@tensorflow/tfjs-core';
import {seededValues} from './seeded-values';

/** A point, or a direction, or a gradient: one list of numbers for each input. */
type Parts = readonly Float32Array[];

/**
 * Compares the gradient of a scalar function with differences of its values: moving each input alone, so that a fault in
 * a small input is not drowned by a large one, and all at once. The direction is that of the gradient, which shows a
 * wrong size best, plus a seeded random one, which shows a missing part.
 *
 * The values are float32, so a difference over a distance d is uncertain by about 1e-7 / d of the values. Central
 * differences at two distances, combined so that their errors cancel up to the fourth power (Richardson 1911), allow a d
 * large enough for the slope of a smooth function to come out to 2e-6 of its values or of its steepest slope; `relative`
 * is ten times that.
 */
export async function checkGradient(
  f: (...inputs: Tensor[]) => Scalar,
  inputs: readonly {shape: number[]; values: Float32Array}[],
  {distance = 0.05, relative = 2e-5} = {},
): Promise<void> {
  const tensorsAt = (direction: Parts, by: number) =>
    inputs.map(({shape, values}, index) =>
      tensor(
        values.map((value, at) => value + by * direction[index]![at]!),
        shape,
      ),
    );
  const valueAt = async (direction: Parts, by: number) => {
    const moved = tensorsAt(direction, by);
    const result = f(...moved);
    const [value] = await result.data();
    for (const each of [...moved, result]) each.dispose();
    return value!;
  };
  const nowhere = inputs.map(({values}) => new Float32Array(values.length));
  const still = tensorsAt(nowhere, 0);
  const found = grads(f as (...inputs: Tensor[]) => Tensor)(still);
  const gradient = await Promise.all(found.map((part) => part.data<'float32'>()));
  for (const each of [...still, ...found]) each.dispose();

  const everywhere = inputs.map((_, index) => index);
  for (const moving of [everywhere, ...everywhere.map((index) => [index])]) {
    const only = (parts: Parts) => unit(parts.map((part, index) => (moving.includes(index) ? part : nowhere[index]!)));
    const [steepest, random] = [
      only(gradient),
      only(nowhere.map(({length}, index) => seededValues(length, 1000 + index))),
    ];
    const direction = unit(steepest.map((part, index) => part.map((value, at) => value + random[index]![at]!)));
    const difference = async (by: number) =>
      ((await valueAt(direction, by)) - (await valueAt(direction, -by))) / (2 * by);
    const numeric = (4 * (await difference(distance)) - (await difference(2 * distance))) / 3;
    const slope = product(gradient, direction);
    const allowed = relative * Math.max(Math.sqrt(product(gradient, gradient)), Math.abs(await valueAt(direction, 0)));
    if (!(Math.abs(numeric - slope) <= allowed)) {
      const where = moving.length === 1 ? `input ${moving[0]}` : 'all inputs';
      throw new Error(`moving ${where}, the values rise by ${numeric}, the gradient says ${slope} (± ${allowed})`);
    }
  }
}

function product(left: Parts, right: Parts): number {
  return left.reduce((sum, part, i) => sum + part.reduce((inner, value, at) => inner + value * right[i]![at]!, 0), 0);
}

function unit(parts: Parts): Float32Array[] {
  const length = Math.sqrt(product(parts, parts)) || 1;
  return parts.map((part) => part.map((value) => value / length));
}
