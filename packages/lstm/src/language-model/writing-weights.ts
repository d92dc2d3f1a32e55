import {linear, type SampleSequenceInputs, transposed} from '@gatefold/gpu-kernels';
import {type Rank, type Tensor, type Tensor1D, type Tensor2D, tidy, zeros} from '@tensorflow/tfjs-core';
import type {LanguageModel} from './language-model';
import {layerWeights} from './layer-weights';

/** The weights of a model as `sampleSequence` takes them. */
export interface WritingWeights extends Pick<SampleSequenceInputs, 'table' | 'output'> {
  layers: Pick<SampleSequenceInputs['layers'][number], 'kernel' | 'recurrentKernel' | 'bias'>[];
  /** What was made for it: the caller disposes of these. The others are the model's own. */
  made: Tensor[];
}

/** Tied weights transposed, and projections folded into what reads them: with P, (h P) W is h (P W). */
export function writingWeights(model: LanguageModel): WritingWeights {
  const {configuration, parameters} = model;
  return tidy(() => {
    const made: Tensor[] = [];
    const keepFor = <Made extends Tensor>(tensor: Made): Made => {
      made.push(tensor);
      return tensor;
    };
    let projection: Tensor2D | undefined;
    const reading = (kernel: Tensor2D): Tensor2D =>
      projection
        ? keepFor(linear({x: projection, kernel, bias: zeros<Rank.R1>([kernel.shape[1]])}) as Tensor2D)
        : kernel;
    const layers = configuration.hiddenSizes.map((_, layer) => {
      const weights = layerWeights(model, layer);
      const kernel = reading(weights.kernel); // by the projection of the layer below
      projection = weights.projection;
      return {kernel, recurrentKernel: reading(weights.recurrentKernel), bias: weights.bias};
    });
    const table = parameters.embedding as Tensor2D | undefined;
    const output = (parameters['output.kernel'] as Tensor2D | undefined) ?? keepFor(transposed(table!));
    const bias = parameters['output.bias'] as Tensor as Tensor1D;
    return {layers, table, output: {kernel: reading(output), bias}, made} as object as Record<string, Tensor>;
  }) as object as WritingWeights;
}
