export interface Tolerance {
  /** Of the larger of the two values. */
  relative: number;
  /** Below which a difference is nothing; default the relative tolerance times the largest expected value. */
  absolute?: number;
}

type Nested = ArrayLike<number> | ArrayLike<Nested>;

/** Throws where two lists of numbers differ by more than the tolerance; says where they differ most. NaN equals NaN. */
export function expectClose(actual: Nested, expected: Nested, {relative, absolute}: Tolerance): void {
  const [received, wanted] = [flatten(actual), flatten(expected)];
  if (received.length !== wanted.length) {
    throw new Error(`received ${received.length} values, expected ${wanted.length}`);
  }
  const floor =
    absolute ?? relative * Math.max(0, ...wanted.map((value) => (Number.isNaN(value) ? 0 : Math.abs(value))));
  let worst = {excess: 0, index: -1};
  for (let index = 0; index < wanted.length; index++) {
    const [a, b] = [received[index]!, wanted[index]!];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    const allowed = Math.max(floor, relative * Math.max(Math.abs(a), Math.abs(b)));
    const excess = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / Math.max(allowed, 1e-45);
    if (excess > worst.excess) worst = {excess, index};
  }
  if (worst.excess > 1) {
    const {index, excess} = worst;
    throw new Error(
      `value ${index} of ${wanted.length} is ${received[index]}, expected ${wanted[index]}: ` +
        `${excess.toPrecision(3)} times the tolerance (relative ${relative}, absolute ${floor.toPrecision(3)})`,
    );
  }
}

function flatten(values: Nested): number[] {
  return Array.from(values as ArrayLike<number | Nested>).flatMap((value) =>
    typeof value === 'number' ? [value] : flatten(value),
  );
}
