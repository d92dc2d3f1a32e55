import type {NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';

/** The tensors that both passes of a recurrent kernel take, and the sizes they imply. */
export function sequenceSizes(inputs: NamedTensorInfoMap) {
  const {x, kernel, hidden} = inputs as Record<'x' | 'kernel' | 'hidden', TensorInfo>;
  const [steps, batch] = x.shape as [number, number];
  return {steps, batch, inputSize: kernel.shape[0]!, hiddenSize: hidden.shape[1]!, fromIds: x.dtype === 'int32'};
}
