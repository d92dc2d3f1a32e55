/**
 * The classic character exercise on text8, as it was published in the TensorFlow course that made it known: everything
 * about it that is not an option of the command.
 */
export const exercise = {
  batchSize: 64,
  /** Steps unrolled for each update. */
  sequenceLength: 10,
  learningRate: {initial: 10, factor: 0.1, every: 5000},
  clipNorm: 1.25,
  /** Characters at the start of the text, to validate on. */
  validationSize: 1000,
  /** Characters at the end of the text, seen only once training is over. */
  heldOutSize: 500_000,
  /** Steps from one report to the next. */
  reportEvery: 100,
  /** Steps from one set of samples, and one checkpoint, to the next. */
  sampleEvery: 1000,
  sentences: 5,
  sentenceLength: 80,
} as const;
