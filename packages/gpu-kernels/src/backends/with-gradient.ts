import {engine, fill, keep, type NamedTensorMap, reshape, type Tensor} from '@tensorflow/tfjs-core';

interface RecordedOperation<Inputs extends NamedTensorMap> {
  inputs: Inputs;
  /** Computes the outputs, and names the tensors that `backward` needs. */
  forward: () => {outputs: Tensor[]; saved: Tensor[]};
  /**
   * From the gradients of all outputs and the saved tensors, the gradient of each input that can have one; what is not
   * wanted need not be right.
   */
  backward: (
    outputGradients: Tensor[],
    saved: Tensor[],
    asked: Asked<Inputs>,
  ) => {[Input in keyof Inputs]?: () => Tensor};
}

interface Asked<Inputs> {
  /** Whether the gradient of an input is asked for. */
  wants: (input: keyof Inputs) => boolean;
  /** Whether what is differentiated depends on an output; the gradient of one that it does not is zeros. */
  dependsOn: (output: number) => boolean;
}

/** An operation on the engine's tape. */
interface TapeNode {
  inputs: NamedTensorMap;
  saved: Tensor[];
  gradient: (outputGradients: (Tensor | null)[]) => NamedGradients;
}

type NamedGradients = Record<string, () => Tensor>;

/** The engine's members that `tf.customGrad` itself is made of. */
export interface Recorder {
  isTapeOn(): boolean;
  state: {activeTape: TapeNode[]; gradientDepth: number};
  runKernelFunc<Inputs extends NamedTensorMap>(operation: {
    forwardFunc: () => Tensor[];
    backwardsFunc: (gradients: Tensor | Tensor[], saved: Tensor[]) => {[Input in keyof Inputs]?: () => Tensor};
    inputs: Inputs;
  }): Tensor[];
}

/**
 * Runs an operation of several outputs with a gradient of its own.
 *
 * `tf.customGrad` allows one output. `registerGradient` allows several, but makes a tensor of zeros for every output
 * that the loss does not touch. Both copy what they save, on wasm byte by byte, and the buffers an LSTM saves
 * ([T, B, 4H]) are its largest. So this calls the engine as they do, and puts the saved tensors into the tape itself;
 * the engine disposes of them with the tape (docs/decisions/0002). For the way back the engine copies the entry of the tape
 * with only those inputs that the gradient is asked for: that is how this knows which they are. The gradient of an output
 * that nothing depends on would be an array of zeros, made in JavaScript and copied; here the backend makes it.
 *
 * What the tape keeps is no longer tied to the inputs, so a gradient of the gradient would silently lack this operation's
 * part. Inside another gradient the results are therefore tied to the inputs again, by a step that refuses.
 */
export function withGradient<Inputs extends NamedTensorMap>(operation: RecordedOperation<Inputs>): Tensor[] {
  const recorder = engine() as unknown as Recorder;
  const recording = recorder.isTapeOn();
  let kept: Tensor[] = [];
  let wanted: NamedTensorMap = operation.inputs;
  let given: (Tensor | null)[] = [];
  const outputs = recorder.runKernelFunc({
    forwardFunc: () => {
      const {outputs, saved} = operation.forward();
      // A reshape shares the memory that a clone would copy.
      if (recording) kept = saved.map((tensor) => keep(reshape(tensor, tensor.shape)));
      return outputs;
    },
    backwardsFunc: (gradients, saved) => {
      const found = operation.backward(Array.isArray(gradients) ? gradients : [gradients], saved, {
        wants: (input) => (input as string) in wanted,
        dependsOn: (output) => given[output] !== null,
      });
      if (!recorder.isTapeOn()) return found;
      const tied = Object.entries<() => Tensor>(found as Record<string, () => Tensor>).map(([name, make]) => {
        const forwardFunc = () => [make()];
        return [
          name,
          () => recorder.runKernelFunc({forwardFunc, backwardsFunc: refuse, inputs: operation.inputs})[0]!,
        ] as const;
      });
      return Object.fromEntries(tied) as typeof found;
    },
    inputs: operation.inputs,
  });
  if (recording) {
    const node = recorder.state.activeTape.at(-1)!;
    const {gradient} = node;
    node.saved.push(...kept);
    node.gradient = function (this: TapeNode, outputGradients) {
      wanted = this.inputs;
      given = outputGradients;
      return gradient(given.map((each, output) => each ?? fill(outputs[output]!.shape, 0)));
    };
  }
  return outputs;
}

function refuse(): never {
  throw new Error(
    'A fused operation has no gradient of its gradient. Where you need one, use plain tfjs operations or `lstmReference`.',
  );
}
