import {
  engine,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import type {SparseRows} from '../embedding/sparse-rows';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {debugIds} from '../rows/debug-ids';
import {sampledLossReference} from './reference';

export interface SampledLossInputs {
  /** `[B, D]` float32: what a word is to be predicted from. */
  inputs: Tensor2D;
  /** `[V, D]` float32: the output row of every word. */
  table: Tensor2D;
  /** `[V]` float32: the output bias of every word. None unless given. */
  biases?: Tensor1D;
  /** `[B]` int32, in `[0, V)`: the word that is right, one for each input. */
  targets: Tensor1D;
  /** `[K]` int32, in `[0, V)`: sampled words, which all inputs share. */
  samples: Tensor1D;
  /**
   * `[B]` and `[K]` float32, subtracted from the scores: the logarithm of how often each target and each sample is
   * expected among the samples. With them the loss is that of TensorFlow's functions. Nothing is subtracted unless given.
   */
  targetLogCounts?: Tensor1D;
  sampleLogCounts?: Tensor1D;
  /**
   * `softmax`: cross-entropy of the target among target and samples (Jean et al. 2015). `logistic`: of each score by
   * itself, 1 for the target and 0 for samples; noise-contrastive estimation with log counts, negative sampling without.
   */
  kind: 'softmax' | 'logistic';
  /** Whether a sample does not count for inputs whose target it is; true unless told. */
  removeAccidentalHits?: boolean;
  /** For `logistic`: what the loss of every sample counts for, 1 unless told. */
  sampleWeight?: number;
  /** What the sum of the inputs' losses, and all gradients, are multiplied by: 1 / B, for the mean, unless told. */
  scale?: number;
}

export interface SampledLossResult {
  /** In nats. */
  loss: Scalar;
  gradients: {
    /** `[B, D]` */
    inputs: Tensor2D;
    /** The rows of targets and samples. */
    table: SparseRows;
    /** Of the same ids, where biases were given. */
    biases?: SparseRows;
  };
}

/**
 * The loss of a batch whose words are to be told from sampled ones, and its gradients, in one kernel. It takes part in no
 * gradient tape: rows are looked up, scored and their gradients summed without a tensor for each.
 *
 *     s[b] = x[b] · w[t[b]] + bias[t[b]] - targetLogCounts[b]      n[b, k] = x[b] · w[k] + bias[k] - sampleLogCounts[k]
 *     softmax: log(e^s + Σ e^n) - s                  logistic: log(1 + e^-s) + sampleWeight Σ log(1 + e^n)
 *
 * @returns the loss and its gradients; the caller disposes of them (`tf.dispose` takes them as they are).
 * @throws ShapeError where a shape or dtype does not fit, or there are no inputs or no samples.
 * @throws IdRangeError where a target or sample is not in `[0, V)` (cpu, wasm and tensorflow; others take the nearest row).
 * @example
 * const inputs = embeddingLookup({table: embeddings, ids: centres});
 * const {loss, gradients} = sampledLoss({inputs, table, targets, samples, kind: 'logistic'});
 * const rows = sumRows([{ids: centres, values: gradients.inputs}]);
 * const norm = sgdStep({parameters: [embeddings, table], gradients: [rows, gradients.table], learningRate: 0.1});
 *
 * Cost: 6·B·K·D flops, and a pass over the rows of targets and samples.
 * Source: Jean et al. 2015 (arXiv 1412.2007); Gutmann & Hyvärinen 2010; Mikolov et al. 2013 (arXiv 1310.4546). Over all
 * inputs' sum the numbers of `tf.nn.sampled_softmax_loss` and `tf.nn.nce_loss`.
 */
export function sampledLoss(given: SampledLossInputs): SampledLossResult {
  const {inputs, table, biases, targets, samples, targetLogCounts, sampleLogCounts, kind, ...options} = given;
  const expect = (name: keyof SampledLossInputs, shape: (number | string)[], dtype: 'float32' | 'int32') =>
    expectShape('sampledLoss', name, given[name] as Tensor, {shape, dtype});
  expect('inputs', ['B', 'D'], 'float32');
  const [batch, width] = inputs.shape;
  expect('table', ['V', width], 'float32');
  if (biases) expect('biases', [table.shape[0]], 'float32');
  expect('targets', [batch], 'int32');
  expect('samples', ['K'], 'int32');
  if (targetLogCounts) expect('targetLogCounts', [batch], 'float32');
  if (sampleLogCounts) expect('sampleLogCounts', [samples.size], 'float32');
  if (batch === 0 || samples.size === 0) {
    throw new ShapeError(`sampledLoss: ${batch} inputs and ${samples.size} samples, expected at least one of each.`);
  }
  if (kind !== 'softmax' && kind !== 'logistic') {
    throw new RangeError(`sampledLoss: kind is ${kind}, expected softmax or logistic.`);
  }
  registerKernels();
  debugIds('sampledLoss: targets', targets, table.shape[0]);
  debugIds('sampledLoss: samples', samples, table.shape[0]);
  const {removeAccidentalHits = true, sampleWeight = 1, scale = 1 / batch} = options;
  const attributes: SampledLossAttributes = {
    logistic: kind === 'logistic',
    removeHits: removeAccidentalHits,
    weight: sampleWeight,
    scale,
  };
  const tensors = {inputs, table, biases, targets, samples, targetLogCounts, sampleLogCounts};
  const named = tensors as unknown as NamedTensorMap;
  if (!hasKernel('SampledLoss', {}, named)) return sampledLossReference(tensors, attributes);
  const [loss, ofInputs, ids, values, ofBiases] = engine().runKernel(
    'SampledLoss',
    named,
    attributes as unknown as Record<string, number>,
  ) as [Scalar, Tensor2D, Tensor1D, Tensor2D, Tensor1D | undefined];
  return {
    loss,
    gradients: {inputs: ofInputs, table: {ids, values}, ...(ofBiases && {biases: {ids, values: ofBiases}})},
  };
}

/** The tensors of a call. */
export type SampledLossTensors<Each = Tensor> = Record<'inputs' | 'table' | 'targets' | 'samples', Each> &
  Partial<Record<'biases' | 'targetLogCounts' | 'sampleLogCounts', Each>>;

/** The rest of it, resolved. */
export interface SampledLossAttributes {
  logistic: boolean;
  removeHits: boolean;
  /** What a sample's loss counts for; for `logistic`. */
  weight: number;
  /** Of the loss and of all gradients. */
  scale: number;
}
