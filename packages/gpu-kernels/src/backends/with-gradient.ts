import {engine, type NamedTensorMap, type Tensor} from '@tensorflow/tfjs-core';

interface RecordedOperation<Inputs extends NamedTensorMap> {
  inputs: Inputs;
  /** Computes the outputs; `save` keeps tensors for `backward`, and only while a gradient is being taken. */
  forward: (save: (tensors: Tensor[]) => void) => Tensor[];
  /** From the gradients of all outputs and the saved tensors, the gradient of each input that can have one. */
  backward: (outputGradients: Tensor[], saved: Tensor[]) => {[Input in keyof Inputs]?: () => Tensor};
}

interface Recorder {
  runKernelFunc<Inputs extends NamedTensorMap>(operation: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    backwardsFunc: (gradients: Tensor | Tensor[], saved: Tensor[]) => {[Input in keyof Inputs]?: () => Tensor};
    inputs: Inputs;
  }): Tensor[];
}

/**
 * Runs an operation of several outputs with a gradient of its own.
 *
 * `tf.customGrad` allows one output; `registerGradient` allows several but makes a tensor of zeros for every output
 * that the loss does not touch, which for the buffers an LSTM keeps ([T, B, 4H]) costs as much as part of the step.
 * Both are thin covers of the engine's `runKernelFunc`, which this calls as they do (docs/decisions/0002).
 */
export function withGradient<Inputs extends NamedTensorMap>(operation: RecordedOperation<Inputs>): Tensor[] {
  const recorder = engine() as unknown as Recorder;
  return recorder.runKernelFunc({
    forwardFunc: (_backend, save) => operation.forward(save),
    backwardsFunc: (gradients, saved) => operation.backward(Array.isArray(gradients) ? gradients : [gradients], saved),
    inputs: operation.inputs,
  });
}
