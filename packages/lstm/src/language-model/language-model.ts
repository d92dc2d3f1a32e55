import {type LSTMState, linear, lstm, sparseCrossEntropy} from '@gatefold/gpu-kernels';
import {
  type Batches,
  type Checkpoint,
  CheckpointError,
  type Evaluation,
  restoreTensors,
  type StoredTensor,
  storedTensor,
  storeTensors,
  Training,
  type TrainingOptions,
} from '@gatefold/training';
import {
  keep,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import {seededGenerator} from '../sampling/seeded-generator';
import {evaluate} from './evaluate';
import {type GenerateOptions, generate} from './generate';
import {normalWeights, zeroWeights} from './initial-weights';

export interface LanguageModelConfiguration {
  /** V, how many symbols there are; ids run from 0 to V - 1. */
  vocabularySize: number;
  /** The sizes of the LSTM layers, from the input up. */
  hiddenSizes: number[];
  /** Of the initial weights; default 1. */
  seed?: number;
}

/** A batch of sequences and of what follows each symbol; both `[T, B]`, time-major, flattened. */
export interface LanguageModelBatch {
  inputs: Int32Array;
  targets: Int32Array;
}

/** A source of batches that continue one another, such as `SequenceBatches` of @gatefold/text8-data. */
export interface LanguageModelBatches extends Batches<LanguageModelBatch> {
  readonly batchSize: number;
  readonly sequenceLength: number;
}

export type FitOptions = Omit<TrainingOptions, 'validate'> & {
  /** Ids of held-out text, evaluated at every report, symbol by symbol in one stream from a zero state. */
  validation?: ArrayLike<number>;
};

/** The kind of a language model's checkpoint. */
const kind = 'gatefold/language-model';

/**
 * A language model: symbols in, stacked LSTM layers, and the distribution of the next symbol out.
 *
 * Trained by truncated backpropagation through time: the state after one batch is where the next one starts, so
 * batches must continue one another, as those of `SequenceBatches` do.
 *
 * Weights start as truncated normal numbers of deviation 0.1, or 1/√H where that is smaller; biases as zeros.
 *
 * @example
 * const model = new LanguageModel({vocabularySize: 27, hiddenSizes: [64]});
 * for await (const event of model.fit(batches, {steps: 7001, optimizer: {kind: 'sgd', learningRate: 10}, clipNorm: 1.25})) {
 *   if (event.kind === 'report') console.log(event.step, event.loss);
 * }
 * const ids = await model.generate({length: 80, seed: 7});
 *
 * Source: Mikolov et al. 2010; the training of Zaremba et al. 2014 (arXiv 1409.2329) without dropout.
 */
export class LanguageModel {
  readonly configuration: Required<LanguageModelConfiguration>;
  /** `lstm<n>.kernel`, `.recurrentKernel`, `.bias` for every layer from 0 up, then `output.kernel`, `output.bias`. */
  readonly parameters: Readonly<Record<string, Variable>>;
  #carried: LSTMState[] | undefined;

  /** @throws RangeError where a size is not a whole number above 0. */
  constructor({vocabularySize, hiddenSizes, seed = 1}: LanguageModelConfiguration) {
    if (hiddenSizes.length === 0)
      throw new RangeError('hiddenSizes is empty, expected the size of at least one layer.');
    for (const size of [vocabularySize, ...hiddenSizes]) {
      if (!(Number.isSafeInteger(size) && size > 0)) {
        throw new RangeError(`A size of the model is ${size}, expected a whole number above 0.`);
      }
    }
    this.configuration = {vocabularySize, hiddenSizes, seed};
    const generator = seededGenerator(seed);
    const parameters: Record<string, Variable> = {};
    let inputSize = vocabularySize;
    hiddenSizes.forEach((hiddenSize, layer) => {
      const deviation = Math.min(0.1, 1 / Math.sqrt(hiddenSize));
      parameters[`lstm${layer}.kernel`] = normalWeights([inputSize, 4 * hiddenSize], deviation, generator);
      parameters[`lstm${layer}.recurrentKernel`] = normalWeights([hiddenSize, 4 * hiddenSize], deviation, generator);
      parameters[`lstm${layer}.bias`] = zeroWeights(4 * hiddenSize);
      inputSize = hiddenSize;
    });
    const deviation = Math.min(0.1, 1 / Math.sqrt(inputSize));
    parameters['output.kernel'] = normalWeights([inputSize, vocabularySize], deviation, generator);
    parameters['output.bias'] = zeroWeights(vocabularySize);
    this.parameters = parameters;
  }

  /**
   * The model of a checkpoint, whether of the model alone or of a training.
   *
   * @throws CheckpointError where the checkpoint is of something else, or its tensors do not fit its configuration.
   */
  static fromCheckpoint(checkpoint: Checkpoint): LanguageModel {
    if (checkpoint.kind !== kind) {
      throw new CheckpointError(`This checkpoint is of kind ${JSON.stringify(checkpoint.kind)}, expected "${kind}".`);
    }
    const model = new LanguageModel(checkpoint.state.configuration as unknown as LanguageModelConfiguration);
    try {
      restoreTensors('parameters', checkpoint.tensors, model.parameters);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /** The model's configuration and parameters. */
  async checkpoint(): Promise<Checkpoint> {
    return {
      kind,
      state: {configuration: {...this.configuration}},
      tensors: await storeTensors('parameters', this.parameters),
    };
  }

  /**
   * Trains on batches that continue one another. Iterate over the result to make it go; it can be checkpointed whenever
   * it stands still, and resumed to the same numbers, bit for bit.
   */
  fit(batches: LanguageModelBatches, {validation, ...options}: FitOptions): Training<LanguageModelBatch> {
    const shape: [number, number] = [batches.sequenceLength, batches.batchSize];
    this.#disposeCarriedState();
    return new Training(
      {
        parameters: this.parameters,
        loss: (batch) => this.#loss(batch, shape),
        carriedState: () => this.#carriedState(),
        restoreCarriedState: (tensors) => this.#restoreCarriedState(tensors, batches.batchSize),
        checkpoint: () => this.checkpoint(),
      },
      batches,
      {...options, ...(validation && {validate: () => this.evaluate(validation)})},
    );
  }

  /** The mean loss of a batch in nats a symbol; the final state is kept for the next batch. */
  #loss({inputs, targets}: LanguageModelBatch, shape: [number, number]): Scalar {
    const {logits, states} = this.forward(tensor2d(inputs, shape, 'int32'), this.#carried);
    const before = this.#carried;
    this.#carried = states;
    for (const {hidden, cell} of states) {
      keep(hidden);
      keep(cell);
    }
    disposeStates(before);
    return sparseCrossEntropy({logits, labels: tensor2d(targets, shape, 'int32')}) as Scalar;
  }

  /**
   * The logits of every next symbol, and the states after the last one.
   *
   * @param ids `[T, B]` int32.
   * @param initialStates one a layer; zeros where they are left out.
   * @returns `logits [T, B, V]` and one state a layer; the caller disposes of them.
   */
  forward(ids: Tensor2D, initialStates?: readonly LSTMState[]): {logits: Tensor3D; states: LSTMState[]} {
    return tidy(() => {
      let x: Tensor2D | Tensor3D = ids;
      const states = this.configuration.hiddenSizes.map((_, layer) => {
        const {outputs, finalState} = lstm({
          x,
          kernel: this.parameters[`lstm${layer}.kernel`] as Tensor as Tensor2D,
          recurrentKernel: this.parameters[`lstm${layer}.recurrentKernel`] as Tensor as Tensor2D,
          bias: this.parameters[`lstm${layer}.bias`] as Tensor as Tensor1D,
          initialState: initialStates?.[layer],
        });
        x = outputs;
        return finalState;
      });
      const kernel = this.parameters['output.kernel'] as Tensor as Tensor2D;
      const bias = this.parameters['output.bias'] as Tensor as Tensor1D;
      return {logits: linear({x, kernel, bias}) as Tensor3D, states};
    });
  }

  /**
   * How well the model predicts a text, symbol by symbol in one stream from a zero state.
   *
   * @param ids at least 2; the first is only read, every other is predicted.
   * @throws RangeError where there are fewer than 2 ids. IdRangeError where one is not in the vocabulary.
   */
  evaluate(ids: ArrayLike<number>, options: {signal?: AbortSignal} = {}): Promise<Evaluation> {
    return evaluate(this, ids, options);
  }

  /** e to the mean loss of `evaluate`: how many symbols the model hesitates between, as it were. */
  async perplexity(ids: ArrayLike<number>): Promise<number> {
    return (await this.evaluate(ids)).perplexity;
  }

  /** Draws symbols one after the other from the model's distribution. @see GenerateOptions */
  generate(options: GenerateOptions): Promise<Uint32Array> {
    return generate(this, options);
  }

  #carriedState(): Record<string, Tensor> {
    const entries = (this.#carried ?? []).flatMap(({hidden, cell}, layer) => [
      [`lstm${layer}.hidden`, hidden],
      [`lstm${layer}.cell`, cell],
    ]);
    return Object.fromEntries(entries);
  }

  #restoreCarriedState(stored: Readonly<Record<string, StoredTensor>>, batchSize: number): void {
    this.#disposeCarriedState();
    if (Object.keys(stored).length === 0) return; // checkpointed before the first step
    const state = (name: string, hiddenSize: number) => {
      const data = storedTensor(name, stored, [batchSize, hiddenSize]);
      return keep(tensor2d(data.slice(), [batchSize, hiddenSize]));
    };
    this.#carried = this.configuration.hiddenSizes.map((hiddenSize, layer) => ({
      hidden: state(`lstm${layer}.hidden`, hiddenSize),
      cell: state(`lstm${layer}.cell`, hiddenSize),
    }));
  }

  #disposeCarriedState(): void {
    disposeStates(this.#carried);
    this.#carried = undefined;
  }

  /** Lets go of the parameters and of the state carried between batches. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
    this.#disposeCarriedState();
  }
}

function disposeStates(states: readonly LSTMState[] | undefined): void {
  for (const {hidden, cell} of states ?? []) {
    hidden.dispose();
    cell.dispose();
  }
}
