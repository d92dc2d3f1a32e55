import {linear, transposed} from '@gatefold/gpu-kernels';
import {reshape, type Tensor1D, type Tensor2D, type Tensor3D, tensor1d, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {sourceBatch} from '../batch/source-batch';
import type {AttendingState} from '../decoder/attending-layer';
import type {Encoded} from '../encoder/encode';
import {embeddingNames} from '../model/initial-parameters';
import {matrixOf, vectorOf} from '../model/layer-weights';
import type {Seq2SeqModel} from '../model/seq2seq-model';

/** What decoding begins with, and what every step uses. */
export type Reading = Encoded & {
  /** `[O, V]`: the table of the outputs, turned once for all steps. */
  outputKernel: Tensor2D;
};

/**
 * Reads sources side by side.
 *
 * @returns tensors that the caller disposes of.
 * @throws RangeError where one is empty. IdRangeError where an id is not in the source vocabulary.
 */
export function readSources(model: Seq2SeqModel, given: readonly ArrayLike<number>[]): Reading {
  const {configuration, parameters} = model;
  const {sources, sourceLengths, sourceLength, batchSize} = sourceBatch(given, configuration);
  return tidy(() => ({
    ...model.encode(tensor2d(sources, [sourceLength, batchSize], 'int32'), tensor1d(sourceLengths, 'int32')),
    outputKernel: transposed(matrixOf(parameters, embeddingNames(configuration).output)),
  }));
}

/** One more symbol a row. Runs within the caller's `tidy`. */
export function decodingStep(
  model: Seq2SeqModel,
  ids: Tensor1D,
  {outputKernel: kernel, ...encoded}: Reading & {states: AttendingState[]},
): {logits: Tensor2D; weights?: Tensor3D; states: AttendingState[]} {
  const {features, weights, states} = model.decode(reshape(ids, [1, ids.size]), encoded);
  const x = reshape(features, [ids.size, kernel.shape[0]]);
  const logits = linear({x, kernel, bias: vectorOf(model.parameters, 'output.bias')}) as Tensor2D;
  return {logits, states, ...(weights && {weights})};
}
