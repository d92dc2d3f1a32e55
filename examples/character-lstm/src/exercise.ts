/** What all programs of the exercise have in common, and is not an option of the command. */
export const exercise = {
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
