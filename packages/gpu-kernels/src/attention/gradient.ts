import {engine, type NamedTensorMap, type Tensor, type Tensor3D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {Attended, AttentionAttributes, AttentionResult} from './attention';

/** Runs the kernel `Attention` and records `AttentionGrad` as its backward pass. */
export function attentionWithGradient(inputs: Attended, attributes: AttentionAttributes): AttentionResult {
  const tensors = inputs as unknown as NamedTensorMap;
  const attrs = {...attributes};
  const names = Object.keys(tensors);
  const [context, weights] = withGradient({
    inputs: tensors,
    forward: () => {
      const outputs = engine().runKernel('Attention', tensors, attrs) as [Tensor, Tensor];
      return {outputs, saved: [...Object.values(tensors), outputs[1]]};
    },
    backward: ([contextGradient, weightsGradient], saved) => {
      const given = Object.fromEntries(names.map((name, index) => [name, saved[index]!]));
      const kept = {...given, weights: saved.at(-1)!, contextGradient, weightsGradient} as NamedTensorMap;
      const [query, keys, values, scoreVector] = engine().runKernel('AttentionGrad', kept, attrs) as Tensor[];
      return {
        ...{query: () => query!, keys: () => keys!, values: () => values!},
        ...(scoreVector && {scoreVector: () => scoreVector}),
      };
    },
  });
  return {context: context as Tensor3D, weights: weights as Tensor3D};
}
