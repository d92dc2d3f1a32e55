import {engine, type NamedTensorMap, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {LinearInputs} from './linear';

/** Runs the kernel `Linear` and records `LinearGrad` as its backward pass. */
export function linearWithGradient({x, kernel, bias}: LinearInputs): Tensor {
  const inputs = {x, kernel, bias} as NamedTensorMap & LinearInputs;
  const [y] = withGradient({
    inputs,
    forward: () => ({outputs: [engine().runKernel('Linear', inputs) as Tensor], saved: [x, kernel]}),
    backward: ([gradient], [x, kernel]) => {
      const results = engine().runKernel('LinearGrad', {x, kernel, gradient} as NamedTensorMap) as Tensor[];
      return {x: () => results[0]!, kernel: () => results[1]!, bias: () => results[2]!};
    },
  });
  return y!;
}
