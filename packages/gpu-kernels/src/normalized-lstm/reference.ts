import {add, matMul, mean, mul, rsqrt, square, sub, type Tensor} from '@tensorflow/tfjs-core';
import type {LSTMResult} from '../lstm/lstm';
import {type LSTMArguments, lstmReference} from '../lstm/reference';
import type {NormalizationWeights} from './normalized-lstm';

/** What keeps the division from one by nothing; PyTorch's too. */
const epsilon = 1e-5;

/** The numbers of each row without their mean, and with a deviation of 1. */
function normalize<Rows extends Tensor>(rows: Rows): Rows {
  const centred = sub(rows, mean(rows, -1, true));
  return mul(centred, rsqrt(add(mean(square(centred), -1, true), epsilon)));
}

/** `normalizedLSTM` with its state spelled out, in plain tfjs operations. */
export function normalizedLSTMReference(inputs: LSTMArguments & NormalizationWeights): LSTMResult {
  const {recurrentKernel, inputScale, recurrentScale, cellScale, cellShift} = inputs;
  return lstmReference(inputs, {
    ofInput: (product) => mul(normalize(product), inputScale),
    fromState: (hidden) => mul(normalize(matMul(hidden, recurrentKernel)), recurrentScale),
    ofCell: (cell) => add(mul(normalize(cell), cellScale), cellShift),
  });
}
