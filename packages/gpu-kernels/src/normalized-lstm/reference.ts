import {add, matMul, mean, mul, rsqrt, square, sub, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';
import type {LSTMResult} from '../lstm/lstm';
import {type LSTMArguments, lstmReference} from '../lstm/reference';
import type {NormalizationWeights} from './normalized-lstm';

/** What keeps the division from one by nothing; PyTorch's too. */
const epsilon = 1e-5;

/**
 * The numbers of each row without their mean, and with a deviation of 1. With a gradient of its own, y being the result and s
 * what it is scaled by: s (dy - mean(dy) - y mean(dy y)), a third of the operations that those of the parts are.
 */
function normalize<Rows extends Tensor>(rows: Rows): Rows {
  const meanOf = (values: Tensor) => mean(values, -1, true);
  const [result] = withGradient({
    inputs: {rows},
    forward: () => {
      const centred = sub(rows, meanOf(rows));
      const scale = rsqrt(add(meanOf(square(centred)), epsilon));
      const normal = mul(centred, scale);
      return {outputs: [normal], saved: [normal, scale]};
    },
    backward: ([gradient], [normal, scale]) => ({
      rows: () => {
        const along = mul(normal!, meanOf(mul(gradient!, normal!)));
        return mul(scale!, sub(sub(gradient!, meanOf(gradient!)), along));
      },
    }),
  });
  return result as Rows;
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
