/** How far a draw is from the model's own distribution. */
export interface SamplingOptions {
  /** Above 0. 1, the default, is the model's own distribution; lower is safer, higher is wilder. */
  temperature?: number;
  /** Only the so many most likely symbols; all by default, and where it exceeds the vocabulary. */
  topK?: number;
  /** Only the fewest most likely symbols, of those `topK` leaves, whose probability together reaches this, in (0, 1]. */
  topP?: number;
}

/** Their names, for `expectKnownOptions`. */
export const samplingOptions: Readonly<Record<keyof SamplingOptions, true>> = {
  temperature: true,
  topK: true,
  topP: true,
};

/** Throws a RangeError where an option is out of its range. */
export function expectSamplingOptions({temperature = 1, topK = 1, topP = 1}: SamplingOptions): void {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `temperature is ${temperature}, expected a number above 0 (1 is the model's own distribution); ` +
        'for the most likely symbol every time, take topK 1.',
    );
  }
  if (!(Number.isInteger(topK) && topK > 0)) {
    throw new RangeError(`topK is ${topK}, expected a whole number of symbols above 0.`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}, expected a probability above 0, at most 1.`);
}
