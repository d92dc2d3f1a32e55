/** What one report of the training said. Types rather than interfaces, as they are the checkpoint's JSON. */
export type HistoryPoint = {
  step: number;
  /** The mean of the losses since the point before, nats a symbol. */
  loss: number;
  learningRate: number;
  /** On the windows that validate, a symbol. */
  validationPerplexity: number;
  /** What the model made of the sentence. */
  made: string;
  /** The share of the words of the windows that validate that came out right. */
  wordsRight: number;
};
