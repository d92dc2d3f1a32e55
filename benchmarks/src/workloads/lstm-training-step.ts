import {linear, lstm, sgdStep, sparseCrossEntropy} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  steps: number;
  batch: number;
  hidden: number;
  vocabulary: number;
}

const learningRate = 1;
const clipNorm = 1.25;

/** One training step of the exercise's model: forward, loss, gradient, global-norm clip, SGD; the loss is read back. */
export function lstmTrainingStep(name: string, sizes: Sizes): Workload {
  const {steps, batch, hidden, vocabulary} = sizes;
  return {
    name,
    description: `one training step, LSTM ${hidden}, T ${steps}, B ${batch}, V ${vocabulary}, SGD with clipping`,
    backends: ['wasm', 'cpu'],
    peers: ['pytorch_lstm.py', 'tensorflow_lstm.py'].map((script) => ({script, sizes: {...sizes}})),
    prepare(seed): Contest {
      const ids = tf.randomUniformInt([steps, batch], 0, vocabulary, seed) as tf.Tensor2D;
      const labels = tf.randomUniformInt([steps, batch], 0, vocabulary, seed + 1) as tf.Tensor2D;
      const ours = weights(sizes, seed);
      const stock = weights(sizes, seed);
      return {
        ours: () => ourStep(ours, ids, labels),
        stock: () => stockStep(stock, ids, labels, sizes),
        dispose: () => tf.dispose([ids, labels, ours, stock]),
      };
    },
  };
}

type Weights = Record<'kernel' | 'recurrentKernel' | 'bias' | 'outputKernel' | 'outputBias', tf.Variable>;

function weights({hidden, vocabulary}: Sizes, seed: number): Weights {
  const normal = (shape: [number, number]) => tf.variable(tf.truncatedNormal(shape, 0, 0.1, 'float32', seed));
  return {
    kernel: normal([vocabulary, 4 * hidden]),
    recurrentKernel: normal([hidden, 4 * hidden]),
    bias: tf.variable(tf.zeros([4 * hidden])),
    outputKernel: normal([hidden, vocabulary]),
    outputBias: tf.variable(tf.zeros([vocabulary])),
  };
}

async function ourStep(weights: Weights, ids: tf.Tensor2D, labels: tf.Tensor2D): Promise<void> {
  const parameters = Object.values(weights);
  const {value, grads} = tf.variableGrads(() => {
    const {outputs} = lstm({
      x: ids,
      kernel: weights.kernel as tf.Tensor2D,
      recurrentKernel: weights.recurrentKernel as tf.Tensor2D,
      bias: weights.bias as tf.Tensor1D,
    });
    const logits = linear({
      x: outputs,
      kernel: weights.outputKernel as tf.Tensor2D,
      bias: weights.outputBias as tf.Tensor1D,
    });
    return sparseCrossEntropy({logits, labels}) as tf.Scalar;
  }, parameters);
  const gradients = parameters.map(({name}) => grads[name]!);
  const norm = sgdStep({parameters, gradients, learningRate, clipNorm});
  await value.data();
  tf.dispose([value, grads, norm]);
}

/** The same step as a tfjs user writes it: one-hot inputs, `basicLSTMCell`, `softmaxCrossEntropy`. */
async function stockStep(weights: Weights, ids: tf.Tensor2D, labels: tf.Tensor2D, sizes: Sizes): Promise<void> {
  const {batch, hidden, vocabulary} = sizes;
  const parameters = Object.values(weights);
  const {value, grads} = tf.variableGrads(() => {
    const kernel = tf.concat([weights.kernel as tf.Tensor2D, weights.recurrentKernel as tf.Tensor2D], 0) as tf.Tensor2D;
    let state = tf.zeros([batch, hidden]) as tf.Tensor2D;
    let output = tf.zeros([batch, hidden]) as tf.Tensor2D;
    const outputs: tf.Tensor2D[] = [];
    for (const step of tf.unstack(ids)) {
      const input = oneHot(step, vocabulary);
      [state, output] = tf.basicLSTMCell(tf.scalar(0), kernel, weights.bias as tf.Tensor1D, input, state, output);
      outputs.push(output);
    }
    const logits = tf.add(tf.matMul(tf.concat(outputs, 0), weights.outputKernel as tf.Tensor2D), weights.outputBias);
    const targets = oneHot(tf.reshape(labels, [-1]), vocabulary);
    return tf.losses.softmaxCrossEntropy(targets, logits) as tf.Scalar;
  }, parameters);
  tf.tidy(() => {
    const norm = tf.sqrt(tf.addN(parameters.map(({name}) => tf.sum(tf.square(grads[name]!)))));
    const scale = tf.div(clipNorm, tf.maximum(norm, clipNorm));
    for (const parameter of parameters) {
      parameter.assign(tf.sub(parameter, tf.mul(tf.mul(learningRate, scale), grads[parameter.name]!)));
    }
  });
  await value.data();
  tf.dispose([value, grads]);
}

/** Cast, because on wasm `oneHot` itself gives float32 the bits of an integer (docs/upstream). */
function oneHot(ids: tf.Tensor, vocabulary: number): tf.Tensor2D {
  return tf.cast(tf.oneHot(ids as tf.Tensor1D, vocabulary), 'float32') as tf.Tensor2D;
}
