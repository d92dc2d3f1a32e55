import {engine, type NamedTensorMap, type Tensor, type Tensor2D, type Tensor3D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import {addToForgetGate} from './forget-bias';
import type {LSTMResult} from './lstm';
import type {LSTMArguments} from './reference';

/** Runs the kernel `FusedLSTM` and records `FusedLSTMGrad` as its backward pass. */
export function lstmWithGradient({
  forgetBias = 0,
  direction,
  lengths,
  candidateMask,
  ...main
}: LSTMArguments): LSTMResult {
  const attributes = {reverse: direction === 'backward'};
  const constants = {...(lengths && {lengths}), ...(candidateMask && {candidateMask})};
  const inputs = {...main, ...constants} as NamedTensorMap & typeof main;
  const {x, kernel, recurrentKernel, bias, hidden, cell} = main;
  const [outputs, finalHidden, finalCell] = withGradient({
    inputs,
    forward: () => {
      const shifted = forgetBias === 0 ? bias : addToForgetGate(bias, forgetBias);
      const results = engine().runKernel('FusedLSTM', {...inputs, bias: shifted}, attributes) as Tensor[];
      const [outputs, finalHidden, finalCell, gates, cells] = results as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const saved = [x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells, ...Object.values(constants)];
      return {outputs: [outputs, finalHidden, finalCell], saved};
    },
    backward: (gradients, saved, {wants, dependsOn}) => {
      const [outputsGradient, hiddenGradient, cellGradient] = gradients as [Tensor, Tensor, Tensor];
      const [x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells, ...rest] = saved as [Tensor, ...Tensor[]];
      const results = engine().runKernel(
        'FusedLSTMGrad',
        {
          ...{x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells},
          ...{outputsGradient, hiddenGradient, cellGradient},
          ...Object.fromEntries(Object.keys(constants).map((name, index) => [name, rest[index]!])),
        } as NamedTensorMap,
        {...attributes, constantInput: !wants('x'), finalStateOnly: !dependsOn(0)},
      ) as Tensor[];
      const names = ['kernel', 'recurrentKernel', 'bias', 'hidden', 'cell', 'x'] as const;
      return Object.fromEntries(names.map((name, index) => [name, () => results[index]!]));
    },
  });
  return {
    outputs: outputs as Tensor3D,
    finalState: {hidden: finalHidden as Tensor2D, cell: finalCell as Tensor2D},
  };
}
