/**
 * Throws a TypeError where a text that is to be read as ids came as a string; it does not repeat the text.
 *
 * @param expected what to give in its place, and how to get it.
 */
export function refuseString(text: unknown, expected: string): void {
  if (typeof text !== 'string') return;
  throw new TypeError(`The text is a string of ${text.length} characters, expected ${expected}.`);
}
