import * as tf from '@tensorflow/tfjs';
import {create, globals} from 'webgpu';

Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', {value: {gpu: create([])}, configurable: true});
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
const sums = tf.unsortedSegmentSum(tf.ones([3], 'int32'), tf.tensor1d([0, 1, 1], 'int32'), 2);
console.log(
  `webgpu: the sums of one and of two int32 ones are ${(await sums.data()).join(' and ')} (1 and 2 would be right)`,
);
process.exit();
