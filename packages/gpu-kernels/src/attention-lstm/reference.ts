import {eye, type Tensor2D, type Tensor3D, tidy, zeros} from '@tensorflow/tfjs-core';
import {attention} from '../attention/attention';
import {embeddingLookup} from '../embedding/embedding-lookup';
import {linear} from '../linear/linear';
import {lstmCell} from '../lstm/lstm-cell';
import {asOneStep} from '../sequence/as-one-step';
import {concatenate, stepsOf} from '../sequence/steps';
import type {AttentionLSTMAttributes, AttentionLSTMResult, AttentionLSTMTensors} from './attention-lstm';

/**
 * The readable truth of `attentionLSTM`, step by step by our own `lstmCell`, `linear` and `attention`, which bring their
 * gradients: it defines the semantics, the kernels are tested against it, and it serves backends without a kernel.
 */
export function attentionLSTMReference(
  {queryKernel, keys, values, lengths, scoreVector, ...main}: AttentionLSTMTensors,
  {kind, scale, forgetBias}: AttentionLSTMAttributes,
): AttentionLSTMResult {
  return tidy(() => {
    let {hidden, cell, context} = main;
    const [batchSize, hiddenSize] = hidden.shape;
    const fromIds = main.x.dtype === 'int32';
    // Rows looked up are what an identity leaves as it is.
    const x = fromIds ? embeddingLookup({table: main.kernel, ids: main.x}) : main.x;
    const inputKernel = fromIds ? eye(4 * hiddenSize) : main.kernel;
    const kernel = concatenate([inputKernel, main.contextKernel], 0); // [I + E, 4H]
    const steps: [output: Tensor3D, context: Tensor3D, weights: Tensor3D][] = [];
    for (const input of x.shape[0] === 0 ? [] : stepsOf<Tensor2D>(x)) {
      const {recurrentKernel, bias} = main;
      const fed = concatenate([input, context], 1); // [B, I + E]
      ({hidden, cell} = lstmCell({x: fed, kernel, recurrentKernel, bias, state: {hidden, cell}, forgetBias}));
      const asking = queryKernel
        ? linear({x: hidden, kernel: queryKernel, bias: zeros([queryKernel.shape[1]])})
        : hidden;
      const found = attention({query: asOneStep(asking), keys, values, lengths, kind, scoreVector, scale});
      steps.push([asOneStep(hidden), found.context, found.weights]);
      [context] = stepsOf<Tensor2D>(found.context) as [Tensor2D];
    }
    const [positions, , width] = values.shape;
    const [outputs, contexts, weights] = [hiddenSize, width, positions].map((size, result) =>
      steps.length === 0
        ? zeros([0, batchSize, size])
        : concatenate(
            steps.map((step) => step[result]!),
            0,
          ),
    ) as [Tensor3D, Tensor3D, Tensor3D];
    const own = (state: Tensor2D) => concatenate([state], 0);
    return {outputs, contexts, weights, finalState: {hidden: own(hidden), cell: own(cell), context: own(context)}};
  });
}
