import * as tf from '@tensorflow/tfjs';

for (const steps of [2, 1]) {
  try {
    tf.grad((x) => tf.sum(tf.unstack(x)[0]))(tf.ones([steps, 3]));
    console.log(`the gradient of unstack over ${steps}: fine`);
  } catch (error) {
    console.log(`the gradient of unstack over ${steps}: ${error.message}`);
  }
}
