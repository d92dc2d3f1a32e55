import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const a = tf.tensor([1, 2], [2, 1, 1, 1]);
  const b = tf.tensor([1, 10, 100], [1, 3, 1, 1]);
  console.log(`${backend}: ${tf.matMul(a, b).dataSync().join(' ')} (1 10 100 2 20 200 would be right)`);
}
