import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const ids = tf.tensor1d([1, 0], 'int32');
  for (const rows of [10, 1000]) {
    const start = performance.now();
    try {
      tf.grad((table) => tf.sum(tf.gather(table, ids)))(tf.ones([rows, 128]));
      const milliseconds = (performance.now() - start).toFixed(0);
      console.log(`${backend}: the gradient of looking up 2 of ${rows} rows took ${milliseconds} ms`);
    } catch (error) {
      console.log(`${backend}: ${error.message}`);
    }
  }
}
