import {engine, type NamedTensorMap, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {SparseCrossEntropyInputs} from './sparse-cross-entropy';

/** Runs the kernel `SparseCrossEntropy` and records `SparseCrossEntropyGrad` as its backward pass. */
export function sparseCrossEntropyWithGradient({logits, labels, reduction}: SparseCrossEntropyInputs): Tensor {
  const inputs = {logits, labels} as NamedTensorMap & {logits: Tensor; labels: Tensor};
  const attributes = {reduction: reduction as string, recorded: engine().isTapeOn()};
  const [loss] = withGradient({
    inputs,
    forward: () => {
      const [loss, logSumExp] = engine().runKernel('SparseCrossEntropy', inputs, attributes) as [Tensor, Tensor];
      return {outputs: [loss], saved: [logits, labels, logSumExp]};
    },
    backward: ([gradient], [logits, labels, logSumExp]) => ({
      logits: () => {
        const tensors = {logits, labels, logSumExp, gradient} as NamedTensorMap;
        return engine().runKernel('SparseCrossEntropyGrad', tensors, attributes) as Tensor;
      },
    }),
  });
  return loss!;
}
