import {
  dropout,
  dropoutMask,
  embeddedInputs,
  embeddingLookup,
  linear,
  sparseCrossEntropy,
  transposed,
} from '@gatefold/gpu-kernels';
import {
  type Batches,
  type Checkpoint,
  expectKnownOptions,
  modelCheckpoint,
  restoreModel,
  type StoredTensor,
  storedTensor,
  Training,
  type TrainingOptions,
  trainingOptions,
} from '@gatefold/training';
import {
  dispose,
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
import {type BeamSearchOptions, beamSearch, type Hypothesis} from '../beam-search/beam-search';
import {layerName, type RecurrentState, recurrentLayer} from '../recurrent-layer/recurrent-layer';
import type {LSTMLayerWeights} from '../stacked-layers/stacked-lstm';
import {type FullConfiguration, fullConfiguration, type LanguageModelConfiguration} from './configuration';
import {type EvaluateOptions, evaluate, type LanguageModelEvaluation} from './evaluate';
import {expectIds} from './expect-ids';
import {type GenerateOptions, generate} from './generate';
import {type GenerateManyOptions, generateMany} from './generate-many';
import {initialParameters} from './initial-weights';
import {layerWeights} from './layer-weights';
import {assignLayers, layersOf} from './layers';

/** A batch of sequences and of what follows each symbol; both `[T, B]`, time-major, flattened. */
export interface LanguageModelBatch {
  inputs: Int32Array;
  targets: Int32Array;
}

/** A source of batches that continue one another, such as `SequenceBatches` of @gatefold/text8-data. */
export interface LanguageModelBatches extends Batches<LanguageModelBatch> {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** V, where it is known. */
  readonly vocabularySize?: number | undefined;
}

export type FitOptions = Omit<TrainingOptions, 'validate'> &
  Pick<EvaluateOptions, 'charactersPerSymbol'> & {
    /** Ids of held-out text, evaluated at every report, symbol by symbol in one stream from a zero state. */
    validation?: ArrayLike<number>;
  };

const {validate: _, ...ofTraining} = trainingOptions; // it is made of `validation`
const fitOptions: Readonly<Record<keyof FitOptions, true>> = {
  ...ofTraining,
  validation: true,
  charactersPerSymbol: true,
};

export interface ForwardOptions {
  /**
   * A 32-bit integer that says which values dropout drops. Left out, as in evaluation and generation, nothing is
   * dropped.
   */
  dropoutSeed?: number;
}

/** The kind of a language model's checkpoint. */
const kind = 'gatefold/language-model';

/**
 * A language model: symbols in, an embedding where one is asked for, stacked recurrent layers, and the distribution of the
 * next symbol out.
 *
 * Trained by truncated backpropagation through time: the state after one batch is where the next one starts, so
 * batches must continue one another, as those of `SequenceBatches` do.
 *
 * Weights start as truncated normal numbers of deviation 0.1, or 1/√H where that is smaller; an embedding that is not tied
 * as uniform ones in [-1, 1); biases as zeros. The gradient of an embedding that is not tied stays with the rows of the
 * batch, so that no other row changes, whatever the optimizer.
 *
 * @example
 * const model = new LanguageModel({vocabularySize: 27, hiddenSizes: [64]});
 * for await (const event of model.fit(batches, {steps: 7001, optimizer: {kind: 'sgd', learningRate: 10}, clipNorm: 1.25})) {
 *   if (event.kind === 'report') console.log(event.step, event.loss);
 * }
 * const ids = await model.generate({length: 80, seed: 7});
 * @example // Two layers over embedded symbols, thinned as Zaremba et al. do.
 * new LanguageModel({vocabularySize: 729, embeddingSize: 128, hiddenSizes: [256, 256], dropout: 0.4, forgetBias: 1});
 *
 * Source: Mikolov et al. 2010; Zaremba et al. 2014 (arXiv 1409.2329).
 */
export class LanguageModel {
  readonly configuration: FullConfiguration;
  /**
   * `embedding [V, D]` where there is one; for every layer from 0 up `lstm<n>.kernel`, `.recurrentKernel` and `.bias`, or
   * `gru<n>...`, with `.projection`, or the scales of layer normalisation, where the configuration has them;
   * `output.kernel [H, V]` unless it is tied, and `output.bias [V]`. The biases lack `forgetBias`, which is added as the model
   * runs: `layers()` gives them whole.
   */
  readonly parameters: Readonly<Record<string, Variable>>;
  #carried: RecurrentState[] | undefined;

  /** @throws RangeError where an option is unknown, a size is not a whole number above 0, or an option is out of its range. */
  constructor(configuration: LanguageModelConfiguration) {
    this.configuration = fullConfiguration(configuration);
    this.parameters = initialParameters(this.configuration);
  }

  /**
   * The model of a checkpoint, whether of the model alone or of a training.
   *
   * @throws CheckpointError where the checkpoint is of something else, or its tensors do not fit its configuration.
   */
  static fromCheckpoint(checkpoint: Checkpoint): LanguageModel {
    return restoreModel(kind, checkpoint, (configuration: FullConfiguration) => new LanguageModel(configuration));
  }

  /** The model's configuration and parameters. */
  checkpoint(): Promise<Checkpoint> {
    return modelCheckpoint(kind, this);
  }

  /**
   * The weights of the recurrent layers, as `stackedLSTM` or `stackedGRU`, `lstmToPyTorch` and the other exports take them:
   * the forget bias stands within the bias. They are copies, which training leaves alone; the caller disposes of them.
   *
   * @throws RangeError where the layers are normalised: no other form has the scales.
   * @example const file = encodeSafetensors(await lstmToPyTorch(model.layers())); // for a torch.nn.LSTM
   */
  layers(): LSTMLayerWeights[] {
    return layersOf(this);
  }

  /**
   * Takes on the weights of such layers, wherever they come from; the tensors stay the caller's. The forget bias is taken off
   * the bias, to be added again as the model runs.
   *
   * @throws ShapeError where a weight is missing, too many, or of another shape than the model's; RangeError where there are more or
   *   fewer layers than the model has, one of them reads backwards, or the model's are normalised. Nothing is changed then.
   * @example model.assignLayers(lstmFromPyTorch(decodeSafetensors(await readFile('lstm.safetensors')).tensors));
   */
  assignLayers(layers: readonly LSTMLayerWeights[]): void {
    assignLayers(this, layers);
  }

  /**
   * Trains on batches that continue one another. Iterate over the result to make it go; it can be checkpointed whenever
   * it stands still, and resumed to the same numbers, bit for bit.
   *
   * @throws RangeError where an option is unknown or out of its range, or the batches are of a vocabulary of another size.
   *
   * While it runs it throws an IdRangeError at a batch with an id that is not in the vocabulary.
   */
  fit(batches: LanguageModelBatches, given: FitOptions): Training<LanguageModelBatch, LanguageModelEvaluation> {
    expectKnownOptions('fit', given, fitOptions);
    const {validation, charactersPerSymbol, ...options} = given;
    const {vocabularySize} = this.configuration;
    if ((batches.vocabularySize ?? vocabularySize) !== vocabularySize) {
      throw new RangeError(
        `The batches are of a vocabulary of ${batches.vocabularySize} symbols, the model of ${vocabularySize}: ` +
          'encode the text with the vocabulary the model was made for.',
      );
    }
    const shape: [number, number] = [batches.sequenceLength, batches.batchSize];
    this.#disposeCarriedState();
    return new Training(
      {
        parameters: this.parameters,
        loss: (batch, step) => this.#loss(batch, shape, step),
        carriedState: () => this.#carriedState(),
        restoreCarriedState: (tensors) => this.#restoreCarriedState(tensors, batches.batchSize),
        checkpoint: () => this.checkpoint(),
      },
      batches,
      {...options, ...(validation && {validate: () => this.evaluate(validation, {charactersPerSymbol})})},
    );
  }

  /** The mean loss of a batch in nats a symbol; the final state is kept for the next batch. */
  #loss({inputs, targets}: LanguageModelBatch, shape: [number, number], step: number): Scalar {
    const {seed, vocabularySize} = this.configuration;
    expectIds('fit: inputs', inputs, vocabularySize);
    expectIds('fit: targets', targets, vocabularySize);
    const dropoutSeed = (Math.imul(seed, 0x9e3779b1) + step) | 0;
    const {logits, states} = this.forward(tensor2d(inputs, shape, 'int32'), this.#carried, {dropoutSeed});
    const before = this.#carried;
    this.#carried = states;
    for (const state of states) for (const tensor of Object.values(state)) keep(tensor);
    dispose(before ?? []);
    return sparseCrossEntropy({logits, labels: tensor2d(targets, shape, 'int32')}) as Scalar;
  }

  /**
   * The logits of every next symbol, and the states after the last one.
   *
   * @param ids `[T, B]` int32.
   * @param initialStates one a layer; zeros where they are left out.
   * @returns `logits [T, B, V]` and one state a layer; the caller disposes of them.
   */
  forward(
    ids: Tensor2D,
    initialStates?: readonly RecurrentState[],
    options?: ForwardOptions,
  ): {logits: Tensor3D; states: RecurrentState[]} {
    return tidy(() => {
      const {outputs, states} = this.read(ids, initialStates, options);
      const weights = this.parameters as unknown as Readonly<Record<string, Tensor2D>>;
      const kernel = weights['output.kernel'] ?? transposed(weights.embedding!); // [H, V]
      const bias = weights['output.bias'] as Tensor as Tensor1D;
      return {logits: linear({x: outputs, kernel, bias}) as Tensor3D, states};
    });
  }

  /**
   * As `forward`, without the logits: what the last layer gives at every step, and the states after the last one. Where only
   * the states are wanted, as of a prompt, this saves T·B·H·V multiply-adds.
   *
   * @returns `outputs [T, B, H]`, of a layer with a projection `[T, B, P]`, and one state a layer; the caller disposes of them.
   * @throws RangeError where there are fewer or more initial states than layers.
   * @example const {outputs} = model.read(tf.tensor2d(ids, [ids.length, 1], 'int32')); // features of a text, [T, 1, H]
   */
  read(
    ids: Tensor2D,
    initialStates?: readonly RecurrentState[],
    {dropoutSeed}: ForwardOptions = {},
  ): {outputs: Tensor3D; states: RecurrentState[]} {
    const {cell, hiddenSizes, dropout: rate, recurrentDropout, forgetBias} = this.configuration;
    const table = this.parameters.embedding as Tensor2D | undefined;
    const [steps, batch] = ids.shape;
    if (initialStates && initialStates.length !== hiddenSizes.length) {
      throw new RangeError(
        `${initialStates.length} initial states are given, expected ${hiddenSizes.length}, one a layer.`,
      );
    }
    return tidy(() => {
      let place = 0;
      const seedOfPlace = () => (dropoutSeed! + Math.imul(place++, 0x85ebca6b)) | 0; // a mask of its own for every place
      const isWhole = dropoutSeed === undefined || rate === 0;
      const thinned = (values: Tensor): Tensor3D => {
        if (isWhole) return values as Tensor3D;
        return dropout({x: values, rate, seed: seedOfPlace()}) as Tensor3D;
      };
      const maskOf = (hiddenSize: number): Tensor3D | undefined => {
        if (dropoutSeed === undefined || recurrentDropout === 0) return undefined;
        const shape = [steps, batch, hiddenSize];
        return dropoutMask({shape, rate: recurrentDropout, seed: seedOfPlace()}) as Tensor3D;
      };
      let x = table && !isWhole ? thinned(embeddingLookup({table, ids})) : ids;
      const states = hiddenSizes.map((hiddenSize, layer) => {
        const given = layerWeights(this, layer);
        const {outputs, finalState} = recurrentLayer(cell, {
          x,
          ...given,
          ...(table && isWhole && layer === 0 && embeddedInputs({table, ids})(given.kernel)),
          candidateMask: maskOf(hiddenSize),
          initialState: initialStates?.[layer],
          forgetBias,
        });
        x = thinned(outputs);
        return finalState;
      });
      return {outputs: x as Tensor3D, states};
    });
  }

  /**
   * How well the model predicts a text, symbol by symbol in one stream from a zero state, without dropout.
   *
   * @param ids at least 2; the first is only read, every other is predicted.
   * @throws RangeError where there are fewer than 2 ids, or the weights hold NaN. IdRangeError where an id is not in the
   *   vocabulary.
   * @example const {perplexity, bitsPerCharacter} = await model.evaluate(bigrams.encode(text), {charactersPerSymbol: 2});
   */
  evaluate(ids: ArrayLike<number>, options: EvaluateOptions = {}): Promise<LanguageModelEvaluation> {
    return evaluate(this, ids, options);
  }

  /** e to the mean loss of `evaluate`: how many symbols the model hesitates between, as it were. */
  async perplexity(ids: ArrayLike<number>): Promise<number> {
    return (await this.evaluate(ids)).perplexity;
  }

  /**
   * Draws symbols one after the other from the model's distribution.
   *
   * @returns the ids drawn, without the prompt.
   * @throws RangeError where the prompt is empty, an option is out of its range (a temperature of 0 too: for the most
   *   likely symbol every time take `topK: 1`), or the weights hold NaN. IdRangeError where an id of the prompt is not in the
   *   vocabulary.
   * @example await model.generate({length: 80, prompt: vocabulary.encode('the '), temperature: 0.8, topP: 0.95, seed: 7});
   */
  generate(options: GenerateOptions): Promise<Uint32Array> {
    return generate(this, options);
  }

  /**
   * Draws many streams at once; the draws of a single one are those of `generate`.
   *
   * @returns the ids drawn for each prompt, without it.
   * @throws as `generate` does.
   * @example // 64 continuations of one prompt, which is read only once.
   * await model.generateMany({length: 80, prompts: Array(64).fill(vocabulary.encode('the ')), seed: 7});
   *
   * Cost: on cpu and wasm one kernel for as many symbols as it draws in 10 ms, elsewhere an operation or two a layer and
   * symbol; ids are read back after a pass. A page has its turn between passes.
   */
  generateMany(options: GenerateManyOptions): Promise<Uint32Array[]> {
    return generateMany(this, options);
  }

  /**
   * The most likely continuations of a prompt that a search of limited width finds: at every step only the `width` most
   * likely ones are gone on with. A width of 1 is greedy: the most likely symbol every time. Deterministic.
   *
   * @returns the best `results` that were found, the one of the highest score first.
   * @throws RangeError where the prompt is empty, an option is out of its range, or the weights hold NaN. IdRangeError
   *   where `end` or an id of the prompt is not in the vocabulary.
   * @example const [best] = await model.beamSearch({prompt: vocabulary.encode('the quick '), length: 20, width: 8});
   *
   * Cost: a pass of one step over `width` rows for every symbol; `width · min(width, V)` candidates are read back.
   * Source: Graves 2012 (arXiv 1211.3711); the set of those that ended, Sutskever et al. 2014 (arXiv 1409.3215).
   */
  beamSearch(options: BeamSearchOptions): Promise<Hypothesis[]> {
    return beamSearch(this, options);
  }

  #carriedState(): Record<string, Tensor> {
    const entries = (this.#carried ?? []).flatMap((state, layer) =>
      Object.entries(state).map(([part, tensor]) => [`${layerName(this.configuration.cell, layer)}.${part}`, tensor]),
    );
    return Object.fromEntries(entries);
  }

  #restoreCarriedState(stored: Readonly<Record<string, StoredTensor>>, batchSize: number): void {
    this.#disposeCarriedState();
    if (Object.keys(stored).length === 0) return; // checkpointed before the first step
    const {cell, hiddenSizes} = this.configuration;
    this.#carried = hiddenSizes.map((hiddenSize, layer) => {
      const part = (name: keyof RecurrentState) => {
        const data = storedTensor(`${layerName(cell, layer)}.${name}`, stored, [batchSize, hiddenSize]);
        return keep(tensor2d(data.slice(), [batchSize, hiddenSize]));
      };
      return cell === 'gru' ? {hidden: part('hidden')} : {hidden: part('hidden'), cell: part('cell')};
    });
  }

  #disposeCarriedState(): void {
    dispose(this.#carried ?? []);
    this.#carried = undefined;
  }

  /** Lets go of the parameters and of the state carried between batches. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
    this.#disposeCarriedState();
  }
}
