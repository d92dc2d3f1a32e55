import type {layers} from '@tensorflow/tfjs-layers';
import {fusedClass} from './registered-classes';

/**
 * The layer of `tf.layers.lstm`, with the same arguments, weights and numbers, computed by one kernel a sequence.
 *
 * It is tfjs's own class `LSTM` with another `call`, so all else is tfjs's: initialisers, regularisers, constraints,
 * states, and the saved model, which plain tfjs and Keras read. Fast is `activation: 'tanh'` (the default) with
 * `recurrentActivation: 'sigmoid'`, with any `returnSequences`, `returnState`, `stateful`, `goBackwards`, `initialState`,
 * `useBias`, `dropout` and mask, and inside `tf.layers.bidirectional`. Anything else runs as it does in tfjs: other
 * activations, among them tfjs's default `recurrentActivation: 'hardSigmoid'`; `recurrentDropout` while training.
 *
 * @param args as `tf.layers.lstm` takes them: x is `[B, T, I]`, the outputs are `[B, T, H]` or `[B, H]`, H is `units`.
 * @throws BackendError where tfjs-layers is not loaded: import `@tensorflow/tfjs` or `@tensorflow/tfjs-layers` first.
 * @example
 * const model = tf.sequential({layers: [
 *   fusedLSTM({units: 128, recurrentActivation: 'sigmoid', inputShape: [40, 27]}), // was tf.layers.lstm
 *   tf.layers.dense({units: 27, activation: 'softmax'}),
 * ]});
 *
 * Cost: that of `lstm` of `@gatefold/gpu-kernels`, and a copy of x and of the outputs, whose batch tfjs has in front.
 */
export function fusedLSTM(args: Parameters<typeof layers.lstm>[0]): ReturnType<typeof layers.lstm> {
  const FusedLSTM = fusedClass('LSTM');
  return new FusedLSTM(args) as ReturnType<typeof layers.lstm>;
}
