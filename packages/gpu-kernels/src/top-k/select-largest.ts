// The k largest of many values. Where k is a small part of them: a heap of the best so far, whose root is the worst of them.
// Most values fail against the root alone, so that a pass costs little more than reading the row; then the heap is taken
// apart, the worst last. Where it is a large part: a radix sort of them all.

export interface Largest {
  values: Float32Array;
  ids: Int32Array;
}

/**
 * The `k` largest of `values`, the largest first, of equal ones the lower id first; undefined where a value is NaN.
 */
export function selectLargest(values: Float32Array, k: number): Largest | undefined {
  // By measurement, on values in no order: up to a sixteenth of 10,000, and up to 128 of 1000, the heap is faster.
  return k < 128 || 16 * k < values.length ? gatherLargest(values, k) : sortLargest(values, k);
}

/** An integer without a sign that is the smaller the larger the number; -0 is 0. */
function descending(bits: number): number {
  return bits < 0x80000000 ? bits ^ 0x7fffffff : bits === 0x80000000 ? 0x7fffffff : bits;
}

/**
 * By a radix sort, of one byte of the values after another from the lowest. Sorting keeps the order of equal values, which
 * is that of their ids.
 */
function sortLargest(values: Float32Array, k: number): Largest | undefined {
  const count = values.length;
  const bits = new Uint32Array(values.buffer, values.byteOffset, count);
  let [keys, sortedKeys] = [new Uint32Array(count), new Uint32Array(count)];
  let [ids, sortedIds] = [new Int32Array(count), new Int32Array(count)];
  for (let id = 0; id < count; id++) {
    if (Number.isNaN(values[id])) return undefined;
    keys[id] = descending(bits[id]!);
    ids[id] = id;
  }
  for (let shift = 0; shift < 32; shift += 8) {
    const places = new Int32Array(257);
    for (let entry = 0; entry < count; entry++) places[((keys[entry]! >>> shift) & 255) + 1]! += 1;
    for (let digit = 1; digit < 256; digit++) places[digit]! += places[digit - 1]!;
    for (let entry = 0; entry < count; entry++) {
      const key = keys[entry]!;
      const place = places[(key >>> shift) & 255]!++;
      sortedKeys[place] = key;
      sortedIds[place] = ids[entry]!;
    }
    [keys, sortedKeys] = [sortedKeys, keys];
    [ids, sortedIds] = [sortedIds, ids];
  }
  const best = {values: new Float32Array(k), ids: ids.slice(0, k)};
  for (let rank = 0; rank < k; rank++) best.values[rank] = values[best.ids[rank]!]!;
  return best;
}

/** By a heap: place n is no better than places 2n + 1 and 2n + 2. */
function gatherLargest(values: Float32Array, k: number): Largest | undefined {
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

function sink(heap: Largest, from: number, size: number): void {
  for (let place = from, child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && isWorse(heap, child + 1, child)) child += 1;
    if (!isWorse(heap, child, place)) return;
    exchange(heap, child, place);
    place = child;
  }
}

function isWorse({values, ids}: Largest, one: number, other: number): boolean {
  const [a, b] = [values[one]!, values[other]!];
  return a < b || (a === b && ids[one]! > ids[other]!);
}

function exchange({values, ids}: Largest, one: number, other: number): void {
  const [value, id] = [values[one]!, ids[one]!];
  values[one] = values[other]!;
  ids[one] = ids[other]!;
  values[other] = value;
  ids[other] = id;
}
