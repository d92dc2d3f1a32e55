import {engine, type NamedTensorMap, type Tensor, type Tensor2D, type Tensor3D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {GRUResult} from './gru';
import type {GRUArguments} from './reference';

/** Runs the kernel `FusedGRU` and records `FusedGRUGrad` as its backward pass. */
export function gruWithGradient({direction, lengths, candidateMask, ...main}: GRUArguments): GRUResult {
  const attributes = {reverse: direction === 'backward'};
  const constants = {...(lengths && {lengths}), ...(candidateMask && {candidateMask})};
  const inputs = {...main, ...constants} as NamedTensorMap & typeof main;
  const {x, kernel, recurrentKernel, hidden} = main;
  const [outputs, finalState] = withGradient({
    inputs,
    forward: () => {
      const results = engine().runKernel('FusedGRU', inputs, attributes) as Tensor[];
      const [outputs, finalState, gates] = results as [Tensor, Tensor, Tensor];
      const saved = [x, kernel, recurrentKernel, hidden, outputs, gates, ...Object.values(constants)];
      return {outputs: [outputs, finalState], saved};
    },
    backward: (gradients, saved, {wants, dependsOn}) => {
      const [outputsGradient, hiddenGradient] = gradients as [Tensor, Tensor];
      const [x, kernel, recurrentKernel, hidden, outputs, gates, ...rest] = saved as [Tensor, ...Tensor[]];
      const results = engine().runKernel(
        'FusedGRUGrad',
        {
          ...{x, kernel, recurrentKernel, hidden, outputs, gates, outputsGradient, hiddenGradient},
          ...Object.fromEntries(Object.keys(constants).map((name, index) => [name, rest[index]!])),
        } as NamedTensorMap,
        {...attributes, constantInput: !wants('x'), finalStateOnly: !dependsOn(0)},
      ) as Tensor[];
      const names = ['kernel', 'recurrentKernel', 'bias', 'hidden', 'x'] as const;
      return Object.fromEntries(names.map((name, index) => [name, () => results[index]!]));
    },
  });
  return {outputs: outputs as Tensor3D, finalState: finalState as Tensor2D};
}
