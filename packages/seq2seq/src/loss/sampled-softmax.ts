import {embeddingLookup, reshaped, type SparseRows, sampledLoss} from '@gatefold/gpu-kernels';
import {logExpectedCounts, sampleLogUniform} from '@gatefold/training';
import {
  customGrad,
  mul,
  reshape,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  unsortedSegmentSum,
} from '@tensorflow/tfjs-core';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';

export interface SampledSoftmaxInputs {
  /** `[N, O]`: what each symbol is predicted from. */
  features: Tensor2D;
  /** `[V, O]`: the output row of every symbol. */
  table: Tensor2D;
  /** `[V]` */
  bias: Tensor1D;
  /** `[N]`, the symbols that are right. */
  labels: Int32Array;
  /** How many symbols the right ones are told from, which all of the batch share. */
  samples: number;
  generator: RandomGenerator;
}

/**
 * The mean cross-entropy of labels among themselves and sampled symbols, an estimate of that among all: K distinct samples
 * of a log-uniform distribution, the scores corrected by how often each is expected among them, a label among the samples
 * not counted twice. As `tf.nn.sampled_softmax_loss`.
 *
 * Only rows of labels and samples are looked up, once each, so that the gradient of the table stays with them; that of
 * the bias is dense.
 *
 * Cost: 6·N·K·O flops, whatever V is.
 * Source: Jean et al. 2015 (arXiv 1412.2007).
 */
export function sampledSoftmax({features, table, bias, labels, samples, generator}: SampledSoftmaxInputs): Scalar {
  const size = bias.size;
  const {ids, draws} = sampleLogUniform(size, samples, generator);
  const candidates = Int32Array.from(new Set([...ids, ...labels])); // samples first
  const places = new Map([...candidates].map((id, place) => [id, place]));
  const logCounts = (symbols: Int32Array) => tensor1d(logExpectedCounts(symbols, size, {count: samples, draws}));
  const sampling = {
    targets: tensor1d(
      labels.map((id) => places.get(id)!),
      'int32',
    ),
    samples: tensor1d(
      ids.map((_, place) => place),
      'int32',
    ),
    targetLogCounts: logCounts(labels),
    sampleLogCounts: logCounts(ids),
  };
  const chosen = tensor1d(candidates, 'int32');
  const rows = embeddingLookup({table, ids: chosen}); // [U, O]
  const biases = embeddingLookup({table: reshaped<Tensor2D>(bias, [size, 1]), ids: chosen}); // [U, 1]
  const loss = customGrad((...given) => {
    const [inputs, table, column, save] = given as unknown as [Tensor2D, Tensor2D, Tensor, (kept: Tensor[]) => void];
    const biases = reshape(column, [column.size]) as Tensor1D;
    const {loss, gradients} = sampledLoss({inputs, table, biases, ...sampling, kind: 'softmax'});
    const dense = ({ids, values}: SparseRows, {shape}: Tensor) =>
      reshape(unsortedSegmentSum(values, ids, candidates.length), shape);
    save([gradients.inputs, dense(gradients.table, table), dense(gradients.biases!, column)]);
    return {value: loss, gradFunc: (slope: Tensor, saved: Tensor[]) => saved.map((each) => mul(slope, each))};
  });
  return loss(features, rows, biases) as Scalar;
}
