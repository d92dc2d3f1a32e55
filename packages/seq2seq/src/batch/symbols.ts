/** The ids that every vocabulary of sequence pairs begins with, as in TensorFlow's tutorial. */
export const symbols = {
  /** Fills a sequence up to its bucket's length. */
  PAD: 0,
  /** What the decoder reads first. */
  GO: 1,
  /** Ends a target. */
  EOS: 2,
  /** What the vocabulary has no symbol for. */
  UNK: 3,
} as const;
