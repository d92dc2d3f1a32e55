import type {Tensor, Tensor1D, Tensor2D, Variable} from '@tensorflow/tfjs-core';
import type {RecurrentWeights} from '../recurrent-layer/recurrent-layer';

/** The parameters of a model as the tensors that they are. */
export type Parameters = Readonly<Record<string, Variable>>;

export function matrixOf(parameters: Parameters, name: string): Tensor2D {
  return parameters[name] as Tensor as Tensor2D;
}

export function vectorOf(parameters: Parameters, name: string): Tensor1D {
  return parameters[name] as Tensor as Tensor1D;
}

export function recurrentWeights(parameters: Parameters, name: string): RecurrentWeights {
  return {
    kernel: matrixOf(parameters, `${name}.kernel`),
    recurrentKernel: matrixOf(parameters, `${name}.recurrentKernel`),
    bias: vectorOf(parameters, `${name}.bias`),
  };
}

export function linearWeights(parameters: Parameters, name: string) {
  return {kernel: matrixOf(parameters, `${name}.kernel`), bias: vectorOf(parameters, `${name}.bias`)};
}
