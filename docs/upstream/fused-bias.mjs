import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

await tf.setBackend('wasm');
for (const depth of [48, 49, 97]) {
  const [a, b] = [tf.ones([1, depth]), tf.ones([1, depth])];
  const bias = tf.tensor1d([1000]);
  const [result] = tf.fused.matMul({a, b, bias, transposeB: true}).dataSync();
  console.log(`depth ${depth} with a bias of 1000: ${result} (${1000 + depth} would be right)`);
}
