import {type Tensor2D, transpose} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';

/** `tf.transpose` of a float32 matrix, with a gradient that is there without the `@tensorflow/tfjs` union. */
export function transposed(matrix: Tensor2D): Tensor2D {
  const [result] = withGradient({
    inputs: {matrix},
    forward: () => ({outputs: [transpose(matrix)], saved: []}),
    backward: ([gradient]) => ({matrix: () => transpose(gradient!)}),
  });
  return result as Tensor2D;
}
