import {concatenate, linear, squashed} from '@gatefold/gpu-kernels';
import type {Tensor2D, Tensor3D} from '@tensorflow/tfjs-core';
import {attendedBy, type Encoded} from '../encoder/encode';
import type {FullConfiguration} from '../model/configuration';
import {embeddingNames} from '../model/initial-parameters';
import {linearWeights, matrixOf, type Parameters, recurrentWeights} from '../model/layer-weights';
import {symbolInputs} from '../model/symbol-inputs';
import type {Thinning} from '../model/thinning';
import {recurrentLayer} from '../recurrent-layer/recurrent-layer';
import {type AttendingState, attendingLayer} from './attending-layer';

export type Decoding = {
  /** `[T, B, O]`: what every next symbol is predicted from. */
  features: Tensor3D;
  /** `[T, B, S]`, where there is attention: what every step takes of each place of the source. */
  weights?: Tensor3D;
  /** After the last step, from the bottom layer up. */
  states: AttendingState[];
};

/**
 * Runs the decoder over symbols that are known. Only the bottom layer attends and waits for what it has found, so that all
 * others run over the whole sequence at once (docs/decisions/0014). Runs within the caller's `tidy`.
 */
export function decode(
  configuration: FullConfiguration,
  parameters: Parameters,
  {ids, memory, states}: Encoded & {ids: Tensor2D; states: AttendingState[]},
  thin: Thinning,
): Decoding {
  const {cell, hiddenSizes, forgetBias} = configuration;
  const table = matrixOf(parameters, embeddingNames(configuration).target);
  // A GRU that attends has no kernel, and puts what it has found beside its inputs.
  const embedded = symbolInputs({table, ids, asVectors: cell === 'gru' && memory !== undefined}, thin);
  let x!: Tensor3D; // the outputs of the layer below
  let found: {contexts: Tensor3D; weights: Tensor3D} | undefined;
  const withContext = (values: Tensor3D) => (found ? concatenate([values, found.contexts], 2) : values);
  const after = hiddenSizes.map((_, index): AttendingState => {
    const name = `decoder.${cell}${index}`;
    const weights = recurrentWeights(parameters, name);
    const inputs = index === 0 ? embedded(weights) : {...weights, x: withContext(x)};
    const layer = {...inputs, forgetBias, initialState: states[index]!};
    if (index === 0 && memory) {
      const contextKernel = matrixOf(parameters, `${name}.contextKernel`);
      const attending = {contextKernel, memory, ...attendedBy(configuration, parameters)};
      const {outputs, finalState, ...rest} = attendingLayer(cell, {...layer, ...attending});
      found = rest;
      x = thin(outputs);
      return finalState;
    }
    const {outputs, finalState} = recurrentLayer(cell, layer);
    x = thin(outputs);
    return finalState;
  });
  const features = found
    ? squashed(linear({x: withContext(x), ...linearWeights(parameters, 'combination')}) as Tensor3D)
    : x;
  return {features, ...(found && {weights: found.weights}), states: after};
}
