import type {JSONObject, StoredTensor} from '@gatefold/training';
import type {Batch} from './prediction-model';

/** Where the batches of a training come from, one after the other, and how far it is through them. */
export interface BatchSource {
  /** How many words of the text there are in all, those of every epoch, and how many are done. */
  readonly totalWords: number;
  readonly words: number;
  /** How many epochs are done; 0 where there are none. */
  readonly epochs: number;
  /** The next batch, or nothing where all are done. */
  next(): Promise<Batch | undefined> | Batch | undefined;
  /** What `restore` goes on from as if there had been no interruption. */
  checkpoint(): {state: JSONObject; tensors: Record<string, StoredTensor>};
  restore(state: JSONObject, tensors: Readonly<Record<string, StoredTensor>>): void;
}
