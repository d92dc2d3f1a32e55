import {add, matMul, reshape, type Tensor, util} from '@tensorflow/tfjs-core';
import type {LinearInputs} from './linear';

/** The readable truth of `linear`, in plain tfjs operations. */
export function linearReference({x, kernel, bias}: LinearInputs): Tensor {
  const [inputSize, outputSize] = kernel.shape;
  const leading = x.shape.slice(0, -1);
  const rows = reshape(x, [util.sizeFromShape(leading), inputSize]);
  return reshape(add(matMul(rows, kernel), bias), [...leading, outputSize]);
}
