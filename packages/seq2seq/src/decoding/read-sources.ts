import {reshape, type Tensor1D, type Tensor2D, type Tensor3D, tensor1d, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {sourceBatch} from '../batch/source-batch';
import type {AttendingState} from '../decoder/attending-layer';
import type {Encoded} from '../encoder/encode';
import type {Seq2SeqModel} from '../model/seq2seq-model';

/**
 * Reads sources side by side.
 *
 * @returns what decoding begins with; the caller disposes of it.
 * @throws RangeError where one is empty. IdRangeError where an id is not in the source vocabulary.
 */
export function readSources(model: Seq2SeqModel, given: readonly ArrayLike<number>[]): Encoded {
  const {sources, sourceLengths, sourceLength, batchSize} = sourceBatch(given, model.configuration);
  return tidy(() =>
    model.encode(tensor2d(sources, [sourceLength, batchSize], 'int32'), tensor1d(sourceLengths, 'int32')),
  );
}

/** One more symbol a row. Runs within the caller's `tidy`. */
export function decodingStep(
  model: Seq2SeqModel,
  ids: Tensor1D,
  encoded: Encoded & {states: AttendingState[]},
): {logits: Tensor2D; weights?: Tensor3D; states: AttendingState[]} {
  const {features, weights, states} = model.decode(reshape(ids, [1, ids.size]), encoded);
  const logits = reshape(model.logits(features), [ids.size, -1]) as Tensor2D;
  return {logits, states, ...(weights && {weights})};
}
