import * as tf from '@tensorflow/tfjs';

// An encoder hands its state to a decoder, and the decoder's outputs meet the encoder's, as in attention.
const source = tf.input({shape: [3, 2]});
const target = tf.input({shape: [3, 2]});
const encoder = tf.layers.lstm({units: 2, returnSequences: true, returnState: true});
const [encoded, ...state] = encoder.apply(source);
const decoded = tf.layers.lstm({units: 2, returnSequences: true}).apply(target, {initialState: state});
const model = tf.model({inputs: [source, target], outputs: tf.layers.dot({axes: [2, 2]}).apply([encoded, decoded])});
model.compile({loss: 'meanSquaredError', optimizer: 'sgd'});

let runs = 0;
const call = encoder.call.bind(encoder);
encoder.call = (...given) => {
  runs += 1;
  return call(...given);
};
const inputs = [tf.zeros([1, 3, 2]), tf.zeros([1, 3, 2])];
model.predict(inputs);
console.log(`predict: the encoder ran ${runs} times (1 would be right)`);
try {
  await model.trainOnBatch(inputs, tf.zeros([1, 3, 3]));
  console.log('trainOnBatch: no error (as would be right)');
} catch (error) {
  console.log(`trainOnBatch: ${error.message} (no error would be right)`);
}
