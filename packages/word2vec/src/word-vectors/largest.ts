/** Where the `count` largest values are, largest first; of equal ones the earlier first. */
export function largest(values: Float32Array, count: number): number[] {
  const kept: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (kept.length === count && !(count > 0 && value > values[kept[count - 1]!]!)) continue;
    let place = kept.length;
    while (place > 0 && value > values[kept[place - 1]!]!) place--;
    kept.splice(place, 0, index);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
