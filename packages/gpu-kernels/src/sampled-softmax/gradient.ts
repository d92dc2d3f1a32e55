import {engine, type NamedTensorMap, type Tensor, type Tensor2D} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {SampledLogitsInputs} from './sampled-logits';

/** Runs the kernel `SampledLogits` and records `SampledLogitsGrad` as its backward pass. */
export function sampledLogitsWithGradient(given: SampledLogitsInputs): Tensor2D {
  const tensors = given as NamedTensorMap & SampledLogitsInputs;
  const [logits] = withGradient({
    inputs: tensors,
    forward: () => ({
      outputs: [engine().runKernel('SampledLogits', tensors) as Tensor],
      saved: [given.inputs, given.targets, given.samples],
    }),
    backward: ([gradient], [inputs, targets, samples]) => {
      const all = {inputs, targets, samples, gradient} as NamedTensorMap;
      const results = engine().runKernel('SampledLogitsGrad', all) as Tensor[];
      return {inputs: () => results[0]!, targets: () => results[1]!, samples: () => results[2]!};
    },
  });
  return logits as Tensor2D;
}
