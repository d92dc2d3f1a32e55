/** The ids that every vocabulary of pairs begins with, as in TensorFlow's sequence-to-sequence tutorial. */
export const reservedSymbols = {
  /** Fills a sequence up to its bucket's length. */
  PAD: 0,
  /** What a decoder reads first. */
  GO: 1,
  /** Ends a target. */
  EOS: 2,
  /** Stands for what the vocabulary has no symbol for. */
  UNK: 3,
} as const;

/** How many there are: the first id of a vocabulary's own symbols. */
export const reservedCount = Object.keys(reservedSymbols).length;
