// Draws from softmax(logits / temperature) on tfjs-node: cumulated probabilities, and how many of them the draw passes.
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {int, type TensorflowBackend, type, withOps} from '../backends/tensorflow-op';
import {keyOf, uniform} from '../random/hash';
import {notComparable} from '../top-k/top-k';
import type {SampleAttributes} from './sample-categorical';

interface Call {
  inputs: {logits: TensorInfo};
  attrs: SampleAttributes;
  backend: TensorflowBackend;
}

function forward({inputs: {logits}, attrs: {seed, temperature, topK, topP}, backend}: Call): Tensor {
  const batch = logits.shape[0]!;
  const key = keyOf(seed);
  const draws = Array.from({length: batch}, (_, row) => uniform(key, row));
  const [ids] = withOps(backend, (ops) => {
    const last = ops.constant('int32', [1]);
    const [sums, largest] = ['Sum', 'Max'].map((name) => ops.read(ops.run(name, [logits, last]))) as Float32Array[];
    const faulty = sums!.findIndex((sum, row) => Number.isNaN(sum) || !Number.isFinite(largest![row]));
    if (faulty >= 0) throw notComparable('sampleCategorical', faulty);
    const [candidates, ranked] =
      topK === 0 ? [logits] : ops.runMany('TopKV2', [logits, ops.constant('int32', [topK])], {sorted: true}, 2);
    const scaled = ops.run('RealDiv', [candidates!, ops.constant('float32', [temperature])]); // [B, K]
    const probabilities = ops.run('Softmax', [scaled]);
    const reached = ops.run('Cumsum', [probabilities, last]);
    let counted = reached;
    if (topP < 1) {
      const before = ops.run('Sub', [reached, probabilities]);
      const kept = ops.run('Less', [before, ops.constant('float32', [topP])]);
      counted = ops.run('Mul', [reached, ops.run('Cast', [kept], {DstT: type('float32')})]);
    }
    const mass = ops.run('Max', [counted, last], {keep_dims: true}); // [B, 1]
    const aims = ops.run('Mul', [mass, ops.constant('float32', draws, [batch, 1])]);
    const passed = ops.run('Cast', [ops.run('LessEqual', [reached, aims])], {DstT: type('int32')});
    const places = ops.run('Sum', [passed, last], {keep_dims: !!ranked}); // [B, 1], or [B]
    if (!ranked) return [places];
    const chosen = ops.run('GatherV2', [ranked, places, last], {batch_dims: int(1)}); // [B, 1]
    return [ops.reshape(chosen, [batch])];
  });
  return ids!;
}

export const sampleCategoricalTensorflow = [
  {kernelName: 'SampleCategorical', backendName: 'tensorflow', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
