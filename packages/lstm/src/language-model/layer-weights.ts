import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import {layerName, type RecurrentLayerInputs} from '../recurrent-layer/recurrent-layer';
import type {LanguageModel} from './language-model';

type LayerWeights = Pick<RecurrentLayerInputs, 'kernel' | 'recurrentKernel' | 'bias' | 'projection' | 'normalization'>;

/** The weights of one recurrent layer of a model, from 0 up; they stay the model's. */
export function layerWeights({configuration, parameters}: LanguageModel, layer: number): LayerWeights {
  const part = <Kind>(name: string) => parameters[`${layerName(configuration.cell, layer)}.${name}`] as Kind;
  const scale = (name: string) => part<Tensor1D>(name);
  return {
    kernel: part<Tensor2D>('kernel'),
    recurrentKernel: part<Tensor2D>('recurrentKernel'),
    bias: part<Tensor1D>('bias'),
    projection: part<Tensor2D | undefined>('projection'),
    ...(configuration.layerNormalization && {
      normalization: {
        inputScale: scale('inputScale'),
        recurrentScale: scale('recurrentScale'),
        cellScale: scale('cellScale'),
        cellShift: scale('cellShift'),
      },
    }),
  };
}
