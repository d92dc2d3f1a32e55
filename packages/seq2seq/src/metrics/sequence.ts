/** A text, whose symbols are its characters (code points), or a list of symbols: words, ids. */
export type Sequence = string | ArrayLike<unknown>;

export function symbolsOf(sequence: Sequence): ArrayLike<unknown> {
  return typeof sequence === 'string' ? [...sequence] : sequence;
}
