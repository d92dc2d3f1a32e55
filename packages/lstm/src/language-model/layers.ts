// The recurrent layers of a language model, out and in: a model adds its forget bias as it runs, and the layers of PyTorch,
// Keras and `stackedLSTM` have it within their biases.
import {addToForgetGate, ShapeError} from '@gatefold/gpu-kernels';
import {add, type Tensor, type Tensor1D, type Tensor2D, type TensorContainer, tidy} from '@tensorflow/tfjs-core';
import {layerName} from '../recurrent-layer/recurrent-layer';
import type {LSTMLayerWeights} from '../stacked-layers/stacked-lstm';
import type {LanguageModel} from './language-model';
import {layerWeights} from './layer-weights';

const parts = ['kernel', 'recurrentKernel', 'bias', 'projection'] as const;

/** Optimizers write into the memory of the parameters, and of all that shares it. */
const copy = <Copied extends Tensor>(weights: Copied): Copied => add(weights, 0) as Copied;

/** A bias with `by` added to its forget gate; of a GRU, which has none, `by` is 0. */
const shifted = (bias: Tensor1D, by: number) => (by === 0 ? copy(bias) : addToForgetGate(bias, by));

/** See `LanguageModel.layers`. */
export function layersOf(model: LanguageModel): LSTMLayerWeights[] {
  const {hiddenSizes, forgetBias} = model.configuration;
  expectPlain(model);
  return tidy(
    () =>
      hiddenSizes.map((_, layer) => {
        const {kernel, recurrentKernel, bias, projection} = layerWeights(model, layer);
        const forward = {
          kernel: copy(kernel),
          recurrentKernel: copy(recurrentKernel),
          bias: shifted(bias, forgetBias),
          ...(projection && {projection: copy(projection)}),
        };
        return {forward};
      }) as object as TensorContainer,
  ) as object as LSTMLayerWeights[];
}

/** See `LanguageModel.assignLayers`. */
export function assignLayers(model: LanguageModel, layers: readonly LSTMLayerWeights[]): void {
  const {hiddenSizes, cell, forgetBias} = model.configuration;
  expectPlain(model);
  if (layers.length !== hiddenSizes.length) {
    throw new RangeError(`assignLayers: ${layers.length} layers are given, expected ${hiddenSizes.length}.`);
  }
  const assignments: (() => void)[] = [];
  for (const [layer, {forward, backward}] of layers.entries()) {
    if (backward) {
      throw new RangeError(
        `assignLayers: layer ${layer} has a backward direction: a language model cannot look ahead.`,
      );
    }
    for (const part of parts) {
      const parameter = model.parameters[`${layerName(cell, layer)}.${part}`];
      const given: Tensor | undefined = forward[part];
      if (`${given?.shape}` !== `${parameter?.shape}`) {
        throw new ShapeError(
          `assignLayers: ${part} of layer ${layer} is ${shapeOf(given)}, expected ${shapeOf(parameter)}: ` +
            'give the model the sizes of the layers.',
        );
      }
      if (!parameter) continue;
      assignments.push(() =>
        parameter.assign(part === 'bias' ? shifted(forward.bias, -forgetBias) : copy(given as Tensor2D)),
      );
    }
  }
  tidy(() => {
    for (const assign of assignments) assign();
  });
}

const shapeOf = (tensor: Tensor | undefined) => (tensor ? `[${tensor.shape.join(', ')}]` : 'absent');

function expectPlain({configuration}: LanguageModel): void {
  if (!configuration.layerNormalization) return;
  throw new RangeError(
    'The layers of this model are normalised, which those of PyTorch and Keras are not: take its parameters one by one.',
  );
}
