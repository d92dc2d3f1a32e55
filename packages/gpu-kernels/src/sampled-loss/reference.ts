import {
  abs,
  add,
  concat,
  equal,
  exp,
  expandDims,
  fill,
  log1p,
  logSumExp,
  matMul,
  mul,
  neg,
  relu,
  reshape,
  type Scalar,
  sigmoid,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import {embeddingLookup} from '../embedding/embedding-lookup';
import {sumRows} from '../embedding/value-and-gradients';
import type {SampledLossAttributes, SampledLossResult, SampledLossTensors} from './sampled-loss';

/** A score that counts for nothing; finite, for infinity less infinity is none. */
const none = -1e30;

/** The readable truth of `sampledLoss`, in plain tfjs operations and those on rows. */
export function sampledLossReference(given: SampledLossTensors, attributes: SampledLossAttributes): SampledLossResult {
  return tidy(() => {
    const {inputs, targets, samples} = given as {inputs: Tensor2D; targets: Tensor1D; samples: Tensor1D};
    const {removeHits, scale} = attributes;
    const table = given.table as Tensor2D;
    const [ofTargets, ofSamples] = [targets, samples].map((ids) => embeddingLookup({table, ids})) as [Tensor, Tensor];
    const own = add(sum(mul(inputs, ofTargets), 1), offsets(given, targets, given.targetLogCounts)); // [B]
    const offset = expandDims(offsets(given, samples, given.sampleLogCounts), 0);
    const others = add(matMul(inputs, ofSamples, false, true), offset); // [B, K]
    const hits = equal(expandDims(targets, 1), expandDims(samples, 0));
    const counted = removeHits ? where(hits, fill(others.shape, none), others) : others;

    const {loss, dOwn, dOthers} = attributes.logistic
      ? logistic(own, counted, attributes.weight)
      : softmax(own, counted);
    const [a, b] = [expandDims(mul(dOwn, scale), 1), mul(dOthers, scale)]; // [B, 1], [B, K]
    const rows = (ids: Tensor1D, values: Tensor) => ({ids, values});
    const of = sumRows([rows(samples, matMul(b, inputs, true) as Tensor), rows(targets, mul(a, inputs))]);
    const gradients = {inputs: add(mul(a, ofTargets), matMul(b, ofSamples)) as Tensor2D, table: of};
    if (!given.biases) return {loss: mul(loss, scale) as Scalar, gradients};
    const ofBiases = sumRows([rows(samples, reshape(sum(b, 0), [-1, 1])), rows(targets, a)]);
    const biases = rows(ofBiases.ids, reshape(ofBiases.values, [-1]));
    return {loss: mul(loss, scale) as Scalar, gradients: {...gradients, biases}};
  });
}

/** What is added to the scores of words: bias less log count, `[N]`. */
function offsets({biases}: SampledLossTensors, ids: Tensor1D, logCounts?: Tensor): Tensor {
  const bias = biases
    ? reshape(embeddingLookup({table: reshape(biases, [-1, 1]) as Tensor2D, ids}), [-1])
    : zeros([ids.size]);
  return logCounts ? sub(bias, logCounts) : bias;
}

interface Parts {
  /** Summed over the batch. */
  loss: Tensor;
  /** `[B]` */
  dOwn: Tensor;
  /** `[B, K]` */
  dOthers: Tensor;
}

function softmax(own: Tensor, others: Tensor): Parts {
  const scores = concat([expandDims(own, 1), others], 1); // [B, 1 + K]
  const normaliser = logSumExp(scores, 1, true);
  const shares = exp(sub(scores, normaliser));
  return {
    loss: sub(sum(normaliser), sum(own)),
    dOwn: sub(reshape(slice(shares, [0, 0], [-1, 1]), [-1]), 1),
    dOthers: slice(shares, [0, 1]),
  };
}

function logistic(own: Tensor, others: Tensor, weight: number): Parts {
  return {
    loss: add(sum(softplus(neg(own))), mul(sum(softplus(others)), weight)),
    dOwn: neg(sigmoid(neg(own))),
    dOthers: mul(sigmoid(others), weight),
  };
}

/** log(1 + e^x); tfjs's own is not NaN for NaN on every backend. */
function softplus(x: Tensor): Tensor {
  return add(relu(x), log1p(exp(neg(abs(x)))));
}
