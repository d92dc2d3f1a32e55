// The k largest of each row on tfjs-node, by TensorFlow's TopKV2, which takes of equal values the lower id first too.
// Log-probabilities are made of the k alone: what a softmax rounds to one value keeps the order of its logits.
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {type TensorflowBackend, withOps} from '../backends/tensorflow-op';

interface Call {
  inputs: {logits: TensorInfo; scores?: TensorInfo};
  attrs: {k: number; logProbabilities: boolean};
  backend: TensorflowBackend;
}

function forward({inputs: {logits, scores}, attrs: {k, logProbabilities}, backend}: Call): Tensor[] {
  return withOps(backend, (ops) => {
    let [values, ids] = ops.runMany('TopKV2', [logits, ops.constant('int32', [k])], {sorted: true}, 2);
    if (logProbabilities) {
      const last = ops.constant('int32', [1]);
      const largest = ops.run('Max', [values!, last], {keep_dims: true}); // [B, 1]
      const masses = ops.run('Exp', [ops.run('Sub', [logits, largest])]); // [B, V]
      const logSum = ops.run('Log', [ops.run('Sum', [masses, last], {keep_dims: true})]); // [B, 1]
      values = ops.run('Sub', [ops.run('Sub', [values!, largest]), logSum]);
    }
    if (scores) values = ops.run('AddV2', [values!, ops.reshape(scores, [logits.shape[0]!, 1])]);
    return [values!, ids!];
  });
}

export const topKTensorflow = [
  {kernelName: 'TopKDecoding', backendName: 'tensorflow', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
