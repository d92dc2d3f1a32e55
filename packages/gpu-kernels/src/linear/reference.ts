import {add, matMul, reshape, type Tensor} from '@tensorflow/tfjs-core';
import type {LinearInputs} from './linear';

/** The readable truth of `linear`, in plain tfjs operations. */
export function linearReference({x, kernel, bias}: LinearInputs): Tensor {
  const [inputSize, outputSize] = kernel.shape;
  const rows = reshape(x, [x.size / Math.max(inputSize, 1), inputSize]);
  return reshape(add(matMul(rows, kernel), bias), [...x.shape.slice(0, -1), outputSize]);
}
