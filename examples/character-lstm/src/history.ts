/** What one report of the training said. Types rather than interfaces, as they are the checkpoint's JSON. */
export type HistoryPoint = {
  step: number;
  /** The mean of the losses since the point before, nats a character. */
  loss: number;
  /** Of the minibatch of this step. */
  perplexity: number;
  validationPerplexity: number;
  learningRate: number;
};

/** Sentences the model made up at one step. */
export type SampleSet = {step: number; sentences: string[]};

/** A run so far, for the curves and the report. */
export type History = {points: HistoryPoint[]; samples: SampleSet[]};
