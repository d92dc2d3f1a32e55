import {engine, type NamedTensorMap, type Tensor, type Tensor2D, type Tensor3D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import {addToForgetGate} from '../lstm/forget-bias';
import type {AttentionLSTMAttributes, AttentionLSTMResult, AttentionLSTMTensors} from './attention-lstm';
import {differentiable} from './shapes';

const results = ['outputs', 'contexts', 'weights', 'hidden', 'cell', 'context'] as const;
/** Made for the gradient alone. */
const kept = ['gates', 'cells', 'queries'] as const;

/** Runs the kernel `AttentionLSTM` and records `AttentionLSTMGrad` as its backward pass. */
export function attentionLSTMWithGradient(
  tensors: AttentionLSTMTensors,
  attributes: AttentionLSTMAttributes,
): AttentionLSTMResult {
  const inputs = tensors as unknown as NamedTensorMap;
  const attrs = {...attributes};
  const saving = [...Object.keys(inputs), 'outputs', 'contexts', 'weights', ...kept];
  const [outputs, contexts, weights, hidden, cell, context] = withGradient({
    inputs,
    forward: () => {
      const bias = attributes.forgetBias === 0 ? tensors.bias : addToForgetGate(tensors.bias, attributes.forgetBias);
      const made = engine().runKernel('AttentionLSTM', {...inputs, bias}, attrs) as Tensor[];
      const named = Object.fromEntries([...results, ...kept].map((name, index) => [name, made[index]!]));
      // The states of the inputs go before those of the results, which have the same names.
      return {outputs: made.slice(0, results.length), saved: saving.map((name) => inputs[name] ?? named[name]!)};
    },
    backward: (gradients, saved) => {
      const found = engine().runKernel(
        'AttentionLSTMGrad',
        {
          ...Object.fromEntries(saving.map((name, index) => [name, saved[index]!])),
          ...Object.fromEntries(results.map((name, index) => [`${name}Gradient`, gradients[index]!])),
        },
        attrs,
      ) as Tensor[];
      return Object.fromEntries(differentiable(tensors).map((name, index) => [name, () => found[index]!]));
    },
  });
  return {
    ...{outputs: outputs as Tensor3D, contexts: contexts as Tensor3D, weights: weights as Tensor3D},
    finalState: {hidden: hidden as Tensor2D, cell: cell as Tensor2D, context: context as Tensor2D},
  };
}
