import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const [, one] = tf.oneHot(tf.tensor1d([1], 'int32'), 2, 1, 0, 'float32').dataSync();
  console.log(`${backend}: the 1 of a float32 one-hot vector is ${one}`);
}
