import {concatenate, dropout, type SequenceInputs} from '@gatefold/gpu-kernels';
import {type Tensor3D, type TensorContainer, tidy} from '@tensorflow/tfjs-core';

/** What a layer has for each of its directions; `backward` is there in a bidirectional one. */
export type InDirections<Part> = {forward: Part; backward?: Part};

export interface StackedInputs<Weights, State> extends Pick<SequenceInputs, 'x' | 'lengths'> {
  /**
   * From the input up. A layer reads all that the one below it puts out: H numbers, P where it is projected, twice as many
   * where it has both directions.
   */
  layers: readonly InDirections<Weights>[];
  /** One a layer; zeros where they are left out. */
  initialStates?: readonly InDirections<State>[];
  /** Dropout of the outputs of every layer but the last, in training: the part dropped, and a seed of this call. */
  dropout?: {rate: number; seed: number};
}

export type StackedResult<State> = {
  /** `[T, B, H]` of the last layer, or P, or twice as many: forward, then backward. Zeros in the padding. */
  outputs: Tensor3D;
  /** One a layer. */
  finalStates: InDirections<State>[];
};

/** Runs a layer in one direction, as `lstm` and `gru` do. */
type RunLayer<Weights, State> = (inputs: Weights & SequenceInputs & {initialState?: State}) => {
  outputs: Tensor3D;
  finalState: State;
};

/** Runs layers of any cell one over the other. See `stackedLSTM`. */
export function stackedLayers<Weights extends object, State extends TensorContainer>(
  name: string,
  run: RunLayer<Weights, State>,
  {x, lengths, layers, initialStates, dropout: thinning}: StackedInputs<Weights, State>,
): StackedResult<State> {
  if (layers.length === 0) throw new RangeError(`${name}: layers is empty, expected at least one.`);
  if (initialStates && initialStates.length !== layers.length) {
    throw new RangeError(
      `${name}: ${initialStates.length} initial states are given, expected ${layers.length}, one a layer.`,
    );
  }
  return tidy(() => {
    let read = x;
    const finalStates = layers.map((weights, layer): InDirections<State> => {
      const states = initialStates?.[layer];
      const along = (direction: 'forward' | 'backward') =>
        run({x: read, lengths, direction, initialState: states?.[direction], ...weights[direction]!});
      const forward = along('forward');
      const backward = weights.backward && along('backward');
      const outputs = backward ? concatenate([forward.outputs, backward.outputs], 2) : forward.outputs;
      const isLast = layer === layers.length - 1;
      read =
        thinning && !isLast
          ? (dropout({
              x: outputs,
              rate: thinning.rate,
              seed: (thinning.seed + Math.imul(layer, 0x85ebca6b)) | 0,
            }) as Tensor3D)
          : outputs;
      return {forward: forward.finalState, ...(backward && {backward: backward.finalState})};
    });
    return {outputs: read as Tensor3D, finalStates};
  });
}
