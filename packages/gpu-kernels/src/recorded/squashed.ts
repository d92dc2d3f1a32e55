import {mul, square, sub, type Tensor, tanh} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';

/** `tf.tanh`, with a gradient that is there without the `@tensorflow/tfjs` union. */
export function squashed<Squashed extends Tensor>(x: Squashed): Squashed {
  const [result] = withGradient({
    inputs: {x},
    forward: () => {
      const result = tanh(x);
      return {outputs: [result], saved: [result]};
    },
    backward: ([gradient], [result]) => ({x: () => mul(gradient!, sub(1, square(result!)))}),
  });
  return result as Squashed;
}
