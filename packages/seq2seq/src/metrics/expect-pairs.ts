/** @throws RangeError where there is nothing to measure, or not a reference for each hypothesis. */
export function expectPairs(hypotheses: ArrayLike<unknown>, references: ArrayLike<unknown>): void {
  if (hypotheses.length !== references.length) {
    throw new RangeError(
      `There are ${hypotheses.length} hypotheses and ${references.length} references, expected one for each.`,
    );
  }
  if (hypotheses.length === 0) throw new RangeError('There are no hypotheses, expected at least one.');
}
