import type {Checkpoint} from '../checkpoint/checkpoint';

/** How well a model does on text it is not being trained on. */
export interface Evaluation {
  /** The mean loss, nats a symbol. */
  loss: number;
  /** e to the loss. */
  perplexity: number;
  /** The loss in bits: loss / ln 2. */
  bitsPerSymbol: number;
  /** How many symbols were predicted. */
  symbols: number;
}

/** What training tells as it goes. Steps count from 0. */
export type TrainingEvent<Validation = Evaluation> =
  | {
      /** After every step. */
      kind: 'step';
      step: number;
      /** The mean loss of this batch, nats a symbol, before the step changed the parameters. */
      loss: number;
      learningRate: number;
      /** The norm of all gradients together, before clipping. */
      gradientNorm: number;
    }
  | {
      /** After every `reportEvery` steps, beginning with step 0, and after the last. */
      kind: 'report';
      step: number;
      /** The mean of the losses since the last report. */
      loss: number;
      /** e to the loss of this one batch. */
      perplexity: number;
      learningRate: number;
      /** Present where the training was given something to validate on. */
      validation?: Validation;
      /** Whether that is the best so far; present where the training may stop early. */
      best?: boolean;
    }
  | {
      /** After every `checkpointEvery` steps, and where it stops; only where that is given. */
      kind: 'checkpoint';
      /** How many steps have been run in all. */
      step: number;
      checkpoint: Checkpoint;
    }
  | {
      /** The last event. */
      kind: 'stopped';
      /** How many steps have been run in all. */
      step: number;
      /** All steps were run; the signal was given; `earlyStopping` lost patience. */
      reason: 'finished' | 'aborted' | 'early stopping';
    };
