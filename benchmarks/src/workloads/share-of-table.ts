/**
 * The share of a table's rows that the stock side has. tfjs's own `UnsortedSegmentSum` on cpu runs through the whole batch once
 * for every row of the table: minutes. A hundredth of the table takes a hundredth of that, and the rest of a step next to nothing.
 */
export function shareOfTable(backend: string): number {
  return backend === 'cpu' ? 0.01 : 1;
}
