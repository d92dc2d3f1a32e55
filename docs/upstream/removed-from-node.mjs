import util from 'node:util';
import * as tf from '@tensorflow/tfjs-node';

delete util.isNullOrUndefined; // as in Node 23
try {
  console.log('tensorflow: 1 + 1 =', tf.add(1, 1).dataSync()[0]);
} catch (error) {
  console.log(`tensorflow: ${error.message}`);
}
