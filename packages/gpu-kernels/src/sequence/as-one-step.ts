import {reshape, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';

/** `[B, ...]` as the only step `[1, B, ...]` of a sequence. tfjs-core alone has no gradient for `reshape`; this has. */
export function asOneStep<OneStep extends Tensor>(tensor: Tensor): OneStep {
  const {shape, dtype} = tensor;
  const reshaped = () => reshape(tensor, [1, ...shape]);
  if (dtype !== 'float32') return reshaped() as OneStep;
  const [step] = withGradient({
    inputs: {tensor},
    forward: () => ({outputs: [reshaped()], saved: []}),
    backward: ([gradient]) => ({tensor: () => reshape(gradient!, shape)}),
  });
  return step as OneStep;
}
