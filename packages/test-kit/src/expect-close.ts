export interface Tolerance {
  /** Of the expected value. */
  relative: number;
  /** Below which a difference is nothing. By default a tenth of `relative`, of the largest expected value. */
  absolute?: number;
}

type Nested = ArrayLike<number> | ArrayLike<Nested>;

/**
 * Throws where two lists of numbers differ by more than the tolerance; says where they differ most and what stands there.
 * NaN equals NaN, an infinity only itself.
 */
export function expectClose(actual: Nested, expected: Nested, {relative, absolute}: Tolerance): void {
  const [received, wanted] = [flatten(actual), flatten(expected)];
  if (received.length !== wanted.length) {
    throw new Error(`received ${received.length} values, expected ${wanted.length}`);
  }
  const floor = absolute ?? (relative / 10) * wanted.reduce((most, value) => Math.max(most, magnitude(value)), 0);
  let worst = {excess: 0, index: -1};
  for (let index = 0; index < wanted.length; index++) {
    const [value, right] = [received[index]!, wanted[index]!];
    if (Object.is(value, right) || value === right) continue;
    const difference = Math.abs(value - right);
    const allowed = Math.max(floor, relative * magnitude(right), Number.MIN_VALUE);
    // An infinity or a NaN on one side only is beyond every tolerance.
    const excess = Number.isFinite(difference) ? difference / allowed : Number.POSITIVE_INFINITY;
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

function magnitude(value: number): number {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}

function flatten(values: Nested): number[] {
  return Array.from(values as ArrayLike<number | Nested>).flatMap((value) =>
    typeof value === 'number' ? [value] : flatten(value),
  );
}
