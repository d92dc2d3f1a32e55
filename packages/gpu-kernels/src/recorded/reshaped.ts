import {reshape, type Tensor} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';

/** `tf.reshape` of a float32 tensor, with a gradient that is there without the `@tensorflow/tfjs` union. */
export function reshaped<Reshaped extends Tensor>(x: Tensor, shape: number[]): Reshaped {
  const [result] = withGradient({
    inputs: {x},
    forward: () => ({outputs: [reshape(x, shape)], saved: []}),
    backward: ([gradient]) => ({x: () => reshape(gradient!, x.shape)}),
  });
  return result as Reshaped;
}
