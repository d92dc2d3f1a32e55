/** What one report of the training said. */
export interface HistoryPoint {
  step: number;
  /** The mean of the losses since the point before, nats a symbol. */
  loss: number;
  /** The part of the dates that validate, in all their formats, that came out without a fault. */
  exactMatch: number;
  /** What the model made of the sample. */
  made: string;
}
