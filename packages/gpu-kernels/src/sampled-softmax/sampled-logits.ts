import type {NamedTensorMap, Tensor2D} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {sampledLogitsWithGradient} from './gradient';
import {sampledLogitsReference} from './reference';

export type SampledLogitsInputs = {
  /** `[B, D]` float32: what a word is to be predicted from. */
  inputs: Tensor2D;
  /** `[B, D]` float32: the output rows of the words that are right, one for each input. */
  targets: Tensor2D;
  /** `[K, D]` float32: the output rows of sampled words, which all inputs share. */
  samples: Tensor2D;
};

/**
 * The scores of a sampled softmax, in one kernel: of each input with its own target, then with the samples.
 *
 *     logits[b, 0] = inputs[b] · targets[b]      logits[b, 1 + k] = inputs[b] · samples[k]
 *
 * `sparseCrossEntropy` of them with labels 0 trains a softmax over all words at the cost of K + 1; what corrects for the
 * odds of being sampled is subtracted by the caller. Differentiable in all three.
 *
 * @returns `[B, 1 + K]` float32; the caller disposes of it.
 * @throws ShapeError where a shape or dtype does not fit.
 * @example
 * const inputs = embeddingLookup({table: inputTable, ids: centres}); // [B, D]
 * const targets = embeddingLookup({table: outputTable, ids: contexts}); // [B, D]
 * const samples = embeddingLookup({table: outputTable, ids: negatives}); // [K, D]
 * const loss = sparseCrossEntropy({logits: sampledLogits({inputs, targets, samples}), labels: tf.zeros([B], 'int32')});
 *
 * Cost: 2·B·(1 + K)·D flops forward, twice that backward; keeps what it is given for the gradient.
 * Source: Jean et al. 2015 (arXiv 1412.2007).
 */
export function sampledLogits({inputs, targets, samples}: SampledLogitsInputs): Tensor2D {
  expectShape('sampledLogits', 'inputs', inputs, {shape: ['B', 'D'], dtype: 'float32'});
  expectShape('sampledLogits', 'targets', targets, {shape: inputs.shape, dtype: 'float32'});
  expectShape('sampledLogits', 'samples', samples, {shape: ['K', inputs.shape[1]], dtype: 'float32'});
  registerKernels();
  const given = {inputs, targets, samples};
  const run = hasKernel('SampledLogits', {}, given as NamedTensorMap)
    ? sampledLogitsWithGradient
    : sampledLogitsReference;
  return run(given);
}
