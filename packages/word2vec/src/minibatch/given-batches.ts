import type {JSONObject} from '@gatefold/training';
import type {BatchSource} from './batch-source';
import type {ResolvedSettings, WordBatches} from './minibatch-settings';
import type {Batch} from './prediction-model';

/** So many of the batches that the caller gives. */
export class GivenBatches implements BatchSource {
  readonly epochs = 0;
  readonly #batches: WordBatches;
  readonly #settings: ResolvedSettings;
  #done = 0;

  constructor(batches: WordBatches, settings: ResolvedSettings) {
    this.#batches = batches;
    this.#settings = settings;
  }

  get words(): number {
    return this.#done * this.#wordsEach;
  }

  get totalWords(): number {
    return this.#settings.steps * this.#wordsEach;
  }

  get #wordsEach(): number {
    return this.#batches.batchSize / (this.#batches.numSkips ?? 1);
  }

  /** @throws RangeError where the batch is of another model than is trained. */
  next(): Batch | undefined {
    const {steps, model} = this.#settings;
    if (this.#done === steps) return undefined;
    const {inputs, targets} = this.#batches.next();
    const width = inputs.length / targets.length;
    if (!Number.isInteger(width) || (width === 1) !== (model === 'skipGram')) {
      throw new RangeError(
        `The batch has ${inputs.length} inputs for ${targets.length} targets, expected ` +
          `${model === 'skipGram' ? 'as many' : 'a multiple'} for the model ${model}.`,
      );
    }
    this.#done += 1;
    return {inputs, targets};
  }

  checkpoint() {
    return {state: {done: this.#done, batches: this.#batches.state() as JSONObject}, tensors: {}};
  }

  restore({done, batches}: JSONObject): void {
    this.#batches.restore(batches as JSONObject);
    this.#done = done as number;
  }
}
