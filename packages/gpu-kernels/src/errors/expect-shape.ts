import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import {describeTensor} from './describe-tensor';
import {ShapeError} from './shape-error';

/** What a tensor must be: a number fixes a dimension, a letter only names it. */
export interface Expectation {
  shape: readonly (number | string)[];
  dtype: DataType;
}

/** Throws a ShapeError where `tensor` is not a live tensor of the expected shape and dtype. */
export function expectShape(operation: string, name: string, tensor: Tensor, {shape, dtype}: Expectation): void {
  const fits =
    tensor?.shape &&
    !tensor.isDisposed &&
    tensor.dtype === dtype &&
    tensor.shape.length === shape.length &&
    shape.every((size, axis) => typeof size === 'string' || size === tensor.shape[axis]);
  if (fits) return;
  throw new ShapeError(`${operation}: ${name} is ${describeTensor(tensor)}, expected ${dtype} [${shape.join(', ')}].`);
}
