import type {layers} from '@tensorflow/tfjs-layers';
import {fusedClass} from './registered-classes';

/**
 * The layer of `tf.layers.gru`, with the same arguments, weights and numbers, computed by one kernel a sequence.
 *
 * What is fast, and what runs as it does in tfjs, is as in `fusedLSTM`. As in tfjs the reset gate acts before the product
 * and there is one bias: `resetAfter: true`, Keras's default since 2019, is refused by tfjs and so here.
 *
 * @param args as `tf.layers.gru` takes them: x is `[B, T, I]`, the outputs are `[B, T, H]` or `[B, H]`, H is `units`.
 * @throws BackendError where tfjs-layers is not loaded: import `@tensorflow/tfjs` or `@tensorflow/tfjs-layers` first.
 * @example
 * const layer = fusedGRU({units: 128, recurrentActivation: 'sigmoid', returnSequences: true}); // was tf.layers.gru
 *
 * Cost: that of `gru` of `@gatefold/gpu-kernels`, and a copy of x and of the outputs, whose batch tfjs has in front.
 */
export function fusedGRU(args: Parameters<typeof layers.gru>[0]): ReturnType<typeof layers.gru> {
  const FusedGRU = fusedClass('GRU');
  return new FusedGRU(args) as ReturnType<typeof layers.gru>;
}
