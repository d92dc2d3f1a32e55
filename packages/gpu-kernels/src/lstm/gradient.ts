import {engine, type NamedTensorMap, type Tensor, type Tensor2D, type Tensor3D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {LSTMResult} from './lstm';
import type {LSTMArguments} from './reference';

/** Runs the kernel `FusedLSTM` and records `FusedLSTMGrad` as its backward pass. */
export function lstmWithGradient({x, kernel, recurrentKernel, bias, hidden, cell}: LSTMArguments): LSTMResult {
  const inputs = {x, kernel, recurrentKernel, bias, hidden, cell} as NamedTensorMap & LSTMArguments;
  const [outputs, finalHidden, finalCell] = withGradient({
    inputs,
    forward: () => {
      const results = engine().runKernel('FusedLSTM', inputs) as Tensor[];
      const [outputs, finalHidden, finalCell, gates, cells] = results as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const saved = [x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells];
      return {outputs: [outputs, finalHidden, finalCell], saved};
    },
    backward: (gradients, saved) => {
      const [outputsGradient, hiddenGradient, cellGradient] = gradients as [Tensor, Tensor, Tensor];
      const [x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells] = saved as [Tensor, Tensor, ...Tensor[]];
      const results = engine().runKernel('FusedLSTMGrad', {
        ...{x, kernel, recurrentKernel, hidden, cell, outputs, gates, cells},
        ...{outputsGradient, hiddenGradient, cellGradient},
      } as NamedTensorMap) as Tensor[];
      const names = ['kernel', 'recurrentKernel', 'bias', 'hidden', 'cell', 'x'] as const;
      return Object.fromEntries(names.map((name, index) => [name, () => results[index]!]));
    },
  });
  return {
    outputs: outputs as Tensor3D,
    finalState: {hidden: finalHidden as Tensor2D, cell: finalCell as Tensor2D},
  };
}
