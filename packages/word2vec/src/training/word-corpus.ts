/** The words with their counts, as `WordVocabulary` of `@gatefold/text8-data` has them: most frequent first. */
export interface CountedWords {
  /** The word of every id. */
  readonly words: readonly string[];
  /** How often each occurs in the corpus. */
  readonly counts: ArrayLike<number>;
}

/** A text as ids, read a piece at a time, so that it need not lie in memory; `@gatefold/text8-data` makes them. */
export interface WordCorpus {
  readonly vocabulary: CountedWords;
  /** How many ids. */
  readonly length: number;
  /** How many words the text itself has, those without an id included: what "words a second" counts. */
  readonly rawLength: number;
  /** Copies the ids from `start` into the array and says how many: all of it, but for the end of the corpus. */
  read(start: number, into: Int32Array): number | Promise<number>;
}
