import {engine, type NamedTensorMap, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {DropoutInputs} from './dropout';

/** Runs the kernel `Dropout`; its gradient is the same kernel, with the same seed, on the gradient. */
export function dropoutWithGradient({x, rate, seed}: DropoutInputs): Tensor {
  const run = (tensor: Tensor) => engine().runKernel('Dropout', {x: tensor}, {rate, seed}) as Tensor;
  const [result] = withGradient({
    inputs: {x} as NamedTensorMap & {x: Tensor},
    forward: () => ({outputs: [run(x)], saved: []}),
    backward: ([gradient]) => ({x: () => run(gradient!)}),
  });
  return result!;
}
