/** The fractional part of the golden ratio: its multiples stay evenly spread, however many there are. */
const golden = 0.6180339887498949;

/**
 * The order in which an epoch takes the chunks of a text: each once, those that follow each other in the text far apart.
 * A text is about one thing for a while, and vectors become better where that changes from chunk to chunk
 * (docs/decisions/0012). The last chunk, which may be shorter, stays the last.
 *
 * @returns the place in the text of the chunk that comes at a position of the epoch.
 */
export function chunkOrder(chunks: number): (position: number) => number {
  const whole = chunks - 1;
  let stride = Math.max(1, Math.round(golden * whole));
  while (greatestCommonDivisor(stride, whole) > 1) stride += 1;
  return (position) => (position === whole ? whole : (position * stride) % whole);
}

function greatestCommonDivisor(first: number, second: number): number {
  return second === 0 ? first : greatestCommonDivisor(second, first % second);
}
