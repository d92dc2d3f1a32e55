// The k largest of many values: a heap of the best so far, whose root is the worst of them. Most values fail against the
// root alone, so that a pass costs little more than reading the row; then the heap is taken apart, the worst last.

/** A heap: place n is no better than places 2n + 1 and 2n + 2. */
interface Heap {
  values: Float32Array;
  ids: Int32Array;
}

/**
 * The `k` largest of `values`, the largest first, of equal ones the lower id first; undefined where a value is NaN.
 */
export function selectLargest(values: Float32Array, k: number): Heap | undefined {
  const heap = {values: values.slice(0, k), ids: Int32Array.from({length: k}, (_, id) => id)};
  for (let place = (k >> 1) - 1; place >= 0; place--) sink(heap, place, k);
  for (let id = 0; id < k; id++) if (Number.isNaN(values[id])) return undefined;
  for (let id = k; id < values.length; id++) {
    const value = values[id]!;
    if (value <= heap.values[0]!) continue; // of equal ones the one that was there has the lower id
    if (Number.isNaN(value)) return undefined;
    heap.values[0] = value;
    heap.ids[0] = id;
    sink(heap, 0, k);
  }
  for (let last = k - 1; last > 0; last--) {
    exchange(heap, 0, last);
    sink(heap, 0, last);
  }
  return heap;
}

function sink(heap: Heap, from: number, size: number): void {
  for (let place = from, child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && isWorse(heap, child + 1, child)) child += 1;
    if (!isWorse(heap, child, place)) return;
    exchange(heap, child, place);
    place = child;
  }
}

function isWorse({values, ids}: Heap, one: number, other: number): boolean {
  const [a, b] = [values[one]!, values[other]!];
  return a < b || (a === b && ids[one]! > ids[other]!);
}

function exchange({values, ids}: Heap, one: number, other: number): void {
  const [value, id] = [values[one]!, ids[one]!];
  values[one] = values[other]!;
  ids[one] = ids[other]!;
  values[other] = value;
  ids[other] = id;
}
