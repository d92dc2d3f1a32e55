import type {Checkpoint} from '@gatefold/training';
import type {Neighbour, WordVectors} from '../word-vectors/word-vectors';

/** What happened while training. */
export type Word2VecEvent =
  | {
      kind: 'progress';
      /** Raw words done, over all epochs, and of how many. */
      words: number;
      totalWords: number;
      wordsPerSecond: number;
      /** Mean loss of a prediction since the last event, in nats. */
      loss: number;
      learningRate: number;
      /** Seconds that the rest will take at this pace. */
      secondsLeft: number;
    }
  | {kind: 'epoch'; epoch: number}
  | {
      /** Where asked for: the words nearest to some. */
      kind: 'neighbours';
      /** How many steps have been run. */
      step: number;
      /** Of each word, the nearest first. */
      neighbours: Record<string, Neighbour[]>;
    }
  | {kind: 'end'; seconds: number; stopped: boolean};

/** One training of word vectors, which can be stopped and gone on with. */
export interface Word2VecTraining {
  /** Trains to the end, or until the signal aborts; called again, goes on. */
  run(options?: {signal?: AbortSignal}): AsyncGenerator<Word2VecEvent, void, void>;
  /** The vectors as they are now, copied. */
  wordVectors(): Promise<WordVectors>;
  /** All that an exact resume needs. */
  checkpoint(): Promise<Checkpoint>;
  dispose(): void;
}
