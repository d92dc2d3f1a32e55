import {fill, type Tensor, tensor, tidy, type Variable, variable} from '@tensorflow/tfjs-core';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';
import {gatesOf, layerName} from '../recurrent-layer/recurrent-layer';
import {seededGenerator, uniform} from '../sampling/seeded-generator';
import type {FullConfiguration} from './configuration';

/** The parameters of a fresh model, by name, in the order in which they are drawn. See `LanguageModel.parameters`. */
export function initialParameters(configuration: FullConfiguration): Record<string, Variable> {
  const {vocabularySize, hiddenSizes, embeddingSize, projectionSize, cell, tiedEmbedding, seed} = configuration;
  const generator = seededGenerator(seed);
  const parameters: Record<string, Variable> = {};
  const deviationOf = (size: number) => Math.min(0.1, 1 / Math.sqrt(size));
  if (embeddingSize) {
    const shape: [number, number] = [vocabularySize, embeddingSize];
    parameters.embedding = tiedEmbedding
      ? normalWeights(shape, deviationOf(embeddingSize), generator) // an output's weights too
      : uniformWeights(shape, generator);
  }
  let inputSize = embeddingSize ?? vocabularySize;
  hiddenSizes.forEach((hiddenSize, layer) => {
    const [name, width] = [layerName(cell, layer), gatesOf[cell] * hiddenSize];
    const deviation = deviationOf(hiddenSize);
    const outputSize = projectionSize ?? hiddenSize;
    parameters[`${name}.kernel`] = normalWeights([inputSize, width], deviation, generator);
    parameters[`${name}.recurrentKernel`] = normalWeights([outputSize, width], deviation, generator);
    parameters[`${name}.bias`] = filledWeights(width, 0);
    if (projectionSize) {
      parameters[`${name}.projection`] = normalWeights([hiddenSize, projectionSize], deviation, generator);
    }
    if (configuration.layerNormalization) {
      parameters[`${name}.inputScale`] = filledWeights(width, 1);
      parameters[`${name}.recurrentScale`] = filledWeights(width, 1);
      parameters[`${name}.cellScale`] = filledWeights(hiddenSize, 1);
      parameters[`${name}.cellShift`] = filledWeights(hiddenSize, 0);
    }
    inputSize = outputSize;
  });
  if (!tiedEmbedding) {
    parameters['output.kernel'] = normalWeights([inputSize, vocabularySize], deviationOf(inputSize), generator);
  }
  parameters['output.bias'] = filledWeights(vocabularySize, 0);
  return parameters;
}

/** Standard normal numbers, by the method of Box & Muller 1958; those beyond two deviations are drawn again. */
function truncatedNormal(generator: RandomGenerator): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(generator)));
    const value = radius * Math.cos(2 * Math.PI * uniform(generator));
    if (Math.abs(value) <= 2) return value;
  }
}

/** A variable of seeded truncated normal numbers, the same on every backend. */
function normalWeights(shape: [number, number], deviation: number, generator: RandomGenerator): Variable {
  return drawnWeights(shape, () => deviation * truncatedNormal(generator));
}

/** A variable of seeded numbers uniform in [-1, 1). */
function uniformWeights(shape: [number, number], generator: RandomGenerator): Variable {
  return drawnWeights(shape, () => 2 * uniform(generator) - 1);
}

function drawnWeights(shape: [number, number], draw: () => number): Variable {
  const values = Float32Array.from({length: shape[0] * shape[1]}, draw);
  return asVariable(() => tensor(values, shape));
}

/** A variable of one value. */
function filledWeights(size: number, value: number): Variable {
  return asVariable(() => fill([size], value));
}

/** A variable that holds the only reference to what `make` makes. */
function asVariable(make: () => Tensor): Variable {
  return tidy(() => variable(make()));
}
