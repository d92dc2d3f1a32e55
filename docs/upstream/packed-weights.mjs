import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

await tf.setBackend('wasm');
const x = tf.ones([1, 2]);
const factor = tf.ones([2, 2]);
console.log('before', tf.matMul(x, factor).dataSync().join(' '));
const {memoryOffset} = tf.backend().dataIdMap.get(factor.dataId);
new Float32Array(tf.backend().wasm.HEAPU8.buffer, memoryOffset, 4).fill(10);
console.log('the factor is now all', factor.dataSync()[0]);
console.log('after', tf.matMul(x, factor).dataSync().join(' '), '(20 20 would be right)');
