import {embeddingLookup, sampledLoss, sumRows} from '@gatefold/gpu-kernels';
import {Optimizer} from '@gatefold/training';
import {
  dispose,
  mul,
  reshape,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import type {ResolvedSettings} from './minibatch-settings';
import type {SampledWords} from './sample-words';

/** Predictions to be made in one step. */
export interface Batch {
  /** Ids `[B, C]`, flattened: the words that each target is predicted from. */
  inputs: Int32Array;
  /** `[B]`: how many of the C words count; all unless given. The others repeat one of these, so that no row is touched. */
  sizes?: Int32Array;
  /** Ids `[B]`. */
  targets: Int32Array;
}

/** `embeddings` and `outputs`, each `[V, D]`, and, but for negative sampling, `biases` `[V]`. */
export type Weights = {embeddings: Float32Array; outputs: Float32Array; biases?: Float32Array};

/**
 * By what the losses of a batch are divided, however many they are: so a learning rate keeps its meaning as batches grow.
 * Negative sampling has rates for one prediction, as word2vec.c has; the corrected losses those of TensorFlow's exercise,
 * which are for the mean of 128.
 */
const usualBatch = {negativeSampling: 1, sampledSoftmax: 128, noiseContrastive: 128, fullSoftmax: 128};

/** The vectors of all words on the backend in use, and the step by which a batch changes them. */
export class PredictionModel {
  readonly parameters: Readonly<Record<string, Variable>>;
  readonly optimizer: Optimizer;
  readonly #settings: ResolvedSettings;
  #learningRate = 0;

  constructor(weights: Weights, settings: ResolvedSettings) {
    this.#settings = settings;
    this.parameters = Object.fromEntries(
      Object.entries(weights).map(([name, values]) => {
        const shape = name === 'biases' ? [values.length] : [values.length / settings.dimension, settings.dimension];
        return [name, tidy(() => variable(tensor(values, shape)))];
      }),
    );
    const schedule = {rateAt: () => this.#learningRate, state: () => ({}), restore: () => undefined};
    this.optimizer = new Optimizer(this.parameters, {kind: settings.optimizer, learningRate: schedule});
  }

  /**
   * Predicts a batch, and changes the vectors it touches, in place.
   *
   * @returns the mean loss, a scalar that the caller disposes of; where it is not finite, nothing was changed.
   */
  step(
    batch: Batch,
    {samples, logCounts}: SampledWords,
    {step, learningRate}: {step: number; learningRate: number},
  ): Scalar {
    this.#learningRate = learningRate;
    const {kind, ...loss} = this.#settings.loss;
    const {embeddings, outputs, biases} = this.parameters as unknown as Record<string, Tensor>;
    const count = batch.targets.length;
    return tidy(() => {
      const ids = tensor1d(batch.inputs, 'int32');
      const context = this.#context(batch);
      const rows = embeddingLookup({table: embeddings as Tensor2D, ids}) as Tensor2D; // [B · C, D]
      const result = sampledLoss({
        inputs: context ? context.reduce(rows) : rows,
        table: outputs as Tensor2D,
        biases: biases as Tensor1D | undefined,
        targets: tensor1d(batch.targets, 'int32'),
        samples: tensor1d(samples, 'int32'),
        ...(logCounts && {targetLogCounts: tensor1d(logCounts.targets), sampleLogCounts: tensor1d(logCounts.samples)}),
        kind: kind === 'sampledSoftmax' || kind === 'fullSoftmax' ? 'softmax' : 'logistic',
        sampleWeight: loss.negativeSamples / loss.samples,
        scale: 1 / usualBatch[kind],
      });
      const {inputs, table, ...more} = result.gradients;
      const values = context ? context.spread(inputs) : inputs;
      const gradients = {embeddings: sumRows([{ids, values}]), outputs: table, ...more};
      this.optimizer.apply(gradients, {step});
      return mul(result.loss, usualBatch[kind] / count);
    });
  }

  /** How the words of a context become one vector, and its gradient theirs; nothing where there is one each. */
  #context({inputs, sizes, targets}: Batch): Context | undefined {
    const batch = targets.length;
    const width = inputs.length / batch; // C
    if (width === 1) return undefined;
    const {contextReduction, dimension} = this.#settings;
    const counted = new Float32Array(inputs.length);
    const shares = new Float32Array(inputs.length);
    for (let row = 0; row < batch; row++) {
      const size = sizes?.[row] ?? width;
      counted.fill(1, row * width, row * width + size);
      shares.fill(contextReduction === 'mean' ? 1 / size : 1, row * width, row * width + size);
    }
    const [factors, forwards] = [counted, shares].map((values) => tensor(values, [batch, width, 1]));
    const all = [batch, width, dimension];
    return {
      reduce: (rows) => sum(mul(reshape(rows, all), forwards!), 1),
      // Of a mean too: as word2vec.c, not as its gradient.
      spread: (gradient) => reshape(mul(reshape(gradient, [batch, 1, dimension]), factors!), [-1, dimension]),
    };
  }

  dispose(): void {
    this.optimizer.dispose();
    dispose(this.parameters);
  }
}

interface Context {
  /** `[B · C, D]` to `[B, D]`. */
  reduce(rows: Tensor2D): Tensor2D;
  /** And back. */
  spread(gradient: Tensor2D): Tensor2D;
}
