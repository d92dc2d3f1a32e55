/** Two arrays with which one of many unequal weights is drawn in constant time. */
export interface AliasTable {
  /** For every place, the share of draws that stay there, as a multiple of 2^-32. */
  readonly thresholds: Uint32Array;
  /** Where the other draws of a place go. */
  readonly aliases: Uint32Array;
}

/**
 * Fills every place to the same level: what a light weight leaves free is given to a heavy one.
 *
 * @param weights not negative, and not all 0.
 * @throws RangeError where a weight is negative or not finite, or all are 0.
 * @example const table = makeAliasTable([3, 1]); drawFromAliasTable(table, place, part) // 0 three times in four
 * Cost: linear in the number of weights. Source: Walker 1977; Vose 1991.
 */
export function makeAliasTable(weights: ArrayLike<number>): AliasTable {
  const size = weights.length;
  let sum = 0;
  for (let index = 0; index < size; index++) {
    const weight = weights[index]!;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`Weight ${index} is ${weight}, expected a finite number that is not negative.`);
    }
    sum += weight;
  }
  if (!(sum > 0)) throw new RangeError(`All ${size} weights are 0: at least one must be above 0 to be drawn.`);
  const levels = Float64Array.from(weights, (weight) => (weight * size) / sum);
  const thresholds = new Uint32Array(size);
  const aliases = new Uint32Array(size);
  const [light, heavy]: [number[], number[]] = [[], []];
  for (let index = 0; index < size; index++) (levels[index]! < 1 ? light : heavy).push(index);
  while (light.length > 0 && heavy.length > 0) {
    const [poor, rich] = [light.pop()!, heavy.at(-1)!];
    thresholds[poor] = levels[poor]! * 2 ** 32;
    aliases[poor] = rich;
    levels[rich] = levels[rich]! + levels[poor]! - 1;
    if (levels[rich]! < 1) light.push(heavy.pop()!);
  }
  // What is left is full but for rounding.
  for (const index of [...light, ...heavy]) {
    thresholds[index] = 2 ** 32 - 1;
    aliases[index] = index;
  }
  return {thresholds, aliases};
}

/**
 * The index drawn by two random numbers.
 *
 * @param place in [0, 2^32): which place.
 * @param part in [0, 2^32): whether to stay there.
 */
export function drawFromAliasTable({thresholds, aliases}: AliasTable, place: number, part: number): number {
  const index = Math.floor((place * thresholds.length) / 2 ** 32);
  return part <= thresholds[index]! ? index : aliases[index]!;
}
