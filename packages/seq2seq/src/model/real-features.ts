import {embeddingLookup, reshaped} from '@gatefold/gpu-kernels';
import {argMax, reshape, type Tensor2D, tensor1d, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {expectBatch} from '../batch/expect-batch';
import type {Seq2SeqBatch} from '../batch/seq2seq-batch';
import {decoderInputs, realTargets} from '../batch/targets';
import type {Encoded} from '../encoder/encode';
import {type Mixing, mixedInputs} from '../scheduled-sampling/mixed-inputs';
import type {ForwardOptions, Seq2SeqModel} from './seq2seq-model';

/**
 * What the symbols of a batch are predicted from, `[N, O]`, and what they are, by step and then by pair; padding is left
 * out. With `mixing` the decoder reads some of its own predictions.
 */
export function realFeatures(
  model: Seq2SeqModel,
  batch: Seq2SeqBatch,
  options: ForwardOptions,
  mixing?: Mixing,
): {features: Tensor2D; labels: Int32Array} {
  expectBatch(batch, model.configuration);
  const {sources, sourceLengths, sourceLength, targetLength, batchSize} = batch;
  const {places, labels} = realTargets(batch);
  const features = tidy(() => {
    const ids = tensor2d(sources, [sourceLength, batchSize], 'int32');
    const encoded = model.encode(ids, tensor1d(sourceLengths, 'int32'), options);
    const truth = tensor2d(decoderInputs(batch), [targetLength, batchSize], 'int32');
    const predict = (inputs: Tensor2D) => mostLikely(model, inputs, encoded, options);
    const inputs = mixing && mixing.probability > 0 ? mixedInputs(truth, mixing, predict) : truth;
    const {features} = model.decode(inputs, encoded, options);
    const rows = reshaped<Tensor2D>(features, [targetLength * batchSize, features.shape[2]]);
    return embeddingLookup({table: rows, ids: tensor1d(places, 'int32')}) as Tensor2D;
  });
  return {features, labels};
}

/** The most likely symbol after each of the inputs, `[T, B]` of `[T, B]`. */
function mostLikely(model: Seq2SeqModel, inputs: Tensor2D, encoded: Encoded, options: ForwardOptions): Tensor2D {
  const {features} = model.decode(inputs, encoded, options);
  const logits = model.logits(reshape(features, [inputs.size, features.shape[2]]));
  return reshape(argMax(logits, 1), inputs.shape); // of NaN it takes some symbol: that the loss is NaN is for `fit` to say
}
